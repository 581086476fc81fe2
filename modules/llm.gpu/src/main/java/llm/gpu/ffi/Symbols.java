package llm.gpu.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Where the functions come from. The library is bound once for the life of the process, before the
 * first holder of functions is touched: their handles are constants, so that calls cost nothing.
 */
public final class Symbols {
  private static final Linker LINKER = Linker.nativeLinker();
  private static volatile SymbolLookup bound;

  private Symbols() {}

  /**
   * Opens the library in {@code arena}; closing that arena closes the library again.
   *
   * @throws IllegalArgumentException when it is no library, or one of its own libraries is missing
   * @throws IllegalCallerException when native access is denied to this module
   */
  public static SymbolLookup open(Path library, Arena arena) {
    return SymbolLookup.libraryLookup(library, arena);
  }

  /** The functions that {@code lookup} lacks; empty when it can be bound. */
  public static List<String> missing(SymbolLookup lookup) {
    return Arrays.stream(Function.values())
        .map(Function::symbol)
        .filter(name -> lookup.find(name).isEmpty())
        .toList();
  }

  /** Makes {@code lookup} the one that every holder takes its handles from; once. */
  public static synchronized void bind(SymbolLookup lookup) {
    if (bound != null) {
      throw new IllegalStateException("a library is bound already");
    }
    bound = lookup;
  }

  /** The handle of a function of the bound library. */
  static MethodHandle handle(Function function) {
    SymbolLookup lookup = bound;
    if (lookup == null) {
      throw new IllegalStateException("no library is bound");
    }
    return handle(lookup, function);
  }

  /** The handle of a function of a library that is being looked at. */
  static MethodHandle handle(SymbolLookup lookup, Function function) {
    return LINKER.downcallHandle(lookup.findOrThrow(function.symbol()), function.descriptor());
  }

  /** The C library's own functions. */
  static SymbolLookup system() {
    return LINKER.defaultLookup();
  }

  static Linker linker() {
    return LINKER;
  }

  /** What a handle threw: never an expected failure, because C throws nothing. */
  static AssertionError failed(Function function, Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    if (cause instanceof RuntimeException wrongUse) {
      throw wrongUse; // a confined segment on a foreign thread, for example
    }
    return new AssertionError("call of " + function.symbol(), cause);
  }
}

package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;

/**
 * Looks at a library before it is bound: its version, and whether its structs are the ones
 * described here. A struct of another layout would be misread silently or written past its end, so
 * the defaults are read into a buffer larger than any plausible struct and compared field by field.
 */
public final class Probe {
  private static final byte UNTOUCHED = (byte) 0xA5;
  private static final long PROBE_BYTES = 1024;
  private static final StructLayout PROBE =
      MemoryLayout.structLayout(
          MemoryLayout.sequenceLayout(PROBE_BYTES / Long.BYTES, JAVA_LONG).withName("words"));

  private Probe() {}

  /** {@code llama_version} of a library; empty when it has no such function. */
  public static Optional<String> version(SymbolLookup lookup) {
    return lookup.find(Function.LLAMA_VERSION.symbol()).map(_ -> callVersion(lookup));
  }

  /** Why the structs of a library are not the ones described here; empty when they are. */
  public static Optional<String> structMismatch(SymbolLookup lookup) {
    try (Arena arena = Arena.ofConfined()) {
      return mismatch(
              lookup,
              Function.LLAMA_MODEL_DEFAULT_PARAMS,
              ModelParams.LAYOUT,
              ModelParams.expectedDefaults(arena))
          .or(() ->
              mismatch(
                  lookup,
                  Function.LLAMA_CONTEXT_DEFAULT_PARAMS,
                  ContextParams.LAYOUT,
                  ContextParams.expectedDefaults(arena)));
    }
  }

  /** Sets a variable of the C environment, which Java's own copy does not show. */
  public static void setEnvironment(String name, String value) {
    FunctionDescriptor setenv = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    try (Arena arena = Arena.ofConfined()) {
      int result =
          (int)
              Symbols.linker()
                  .downcallHandle(Symbols.system().findOrThrow("setenv"), setenv)
                  .invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 1);
      if (result != 0) {
        throw new AssertionError("setenv refused " + name);
      }
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable thrown) {
      throw new AssertionError("setenv", thrown);
    }
  }

  private static String callVersion(SymbolLookup lookup) {
    try {
      var version = Symbols.handle(lookup, Function.LLAMA_VERSION);
      return CStrings.read((MemorySegment) version.invokeExact());
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VERSION, thrown);
    }
  }

  private static Optional<String> mismatch(
      SymbolLookup lookup, Function defaults, StructLayout layout, MemorySegment expected) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment actual = arena.allocate(PROBE_BYTES, Long.BYTES).fill(UNTOUCHED);
      callInto(lookup, defaults, actual);
      for (long i = layout.byteSize(); i < PROBE_BYTES; i++) {
        if (actual.get(JAVA_BYTE, i) != UNTOUCHED) {
          return Optional.of(
              defaults.symbol() + " fills more than " + layout.byteSize() + " bytes");
        }
      }
      return differingField(layout, expected, actual)
          .map(field -> defaults.symbol() + " has another default of " + field);
    }
  }

  /** Structs of more than 16 bytes are written to where the caller says, on every supported ABI. */
  private static void callInto(SymbolLookup lookup, Function defaults, MemorySegment target) {
    try {
      var handle =
          Symbols.linker()
              .downcallHandle(lookup.findOrThrow(defaults.symbol()), FunctionDescriptor.of(PROBE));
      SegmentAllocator into = (_, _) -> target;
      MemorySegment written = (MemorySegment) handle.invokeExact(into);
      if (written.address() != target.address()) {
        MemorySegment.copy(written, 0, target, 0, PROBE_BYTES);
      }
    } catch (Throwable thrown) {
      throw Symbols.failed(defaults, thrown);
    }
  }

  private static Optional<String> differingField(
      StructLayout layout, MemorySegment expected, MemorySegment actual) {
    long offset = 0;
    for (MemoryLayout member : layout.memberLayouts()) {
      long size = member.byteSize();
      boolean differs =
          !(member instanceof PaddingLayout)
              && MemorySegment.mismatch(
                      expected, offset, offset + size, actual, offset, offset + size)
                  >= 0;
      if (differs) {
        return member.name();
      }
      offset += size;
    }
    return Optional.empty();
  }
}

package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Looks at a library before it is bound: its version, and whether its structs are the ones
 * described here. A struct of another layout would be misread silently or written past its end, so
 * each function that gives a struct by value is called with a buffer larger than any plausible
 * struct, and what it writes is compared field by field.
 */
public final class Probe {
  private static final byte UNTOUCHED = (byte) 0xA5;
  private static final long PROBE_BYTES = 1024;
  private static final int PROBE_TOKENS = 0x1234567; // no default looks like it
  private static final FunctionDescriptor SETENV =
      FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);

  private Probe() {}

  /** {@code llama_version} of a library; empty when it has no such function. */
  public static Optional<String> version(SymbolLookup lookup) {
    return lookup.find(Function.LLAMA_VERSION.symbol()).map(_ -> callVersion(lookup));
  }

  /**
   * Why the structs of a library are not the ones described here; empty when they are. {@code
   * llama_chat_message} and arrays of C are only ever pointed to, so no function gives one.
   */
  public static Optional<String> structMismatch(SymbolLookup lookup) {
    try (Arena arena = Arena.ofConfined()) {
      return mismatch(
              call(lookup, Function.LLAMA_MODEL_DEFAULT_PARAMS, arena),
              Function.LLAMA_MODEL_DEFAULT_PARAMS,
              ModelParams.LAYOUT,
              ModelParams.expectedDefaults(arena))
          .or(() ->
              mismatch(
                  call(lookup, Function.LLAMA_CONTEXT_DEFAULT_PARAMS, arena),
                  Function.LLAMA_CONTEXT_DEFAULT_PARAMS,
                  ContextParams.LAYOUT,
                  ContextParams.expectedDefaults(arena)))
          .or(() -> chainMismatch(lookup, arena))
          .or(() -> batchMismatch(lookup, arena));
    }
  }

  /** Sets a variable of the C environment, which Java's own copy does not show. */
  public static void setEnvironment(String name, String value) {
    try (Arena arena = Arena.ofConfined()) {
      int result =
          (int)
              Symbols.linker()
                  .downcallHandle(Symbols.system().findOrThrow("setenv"), SETENV)
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

  /**
   * A struct of up to 16 bytes comes in registers and touches no buffer; a larger one would be
   * written to wherever the register for the buffer's address points, so it is ruled out first.
   */
  private static Optional<String> chainMismatch(SymbolLookup lookup, Arena arena) {
    Function defaults = Function.LLAMA_SAMPLER_CHAIN_DEFAULT_PARAMS;
    if (call(lookup, defaults, arena).mismatch(untouched(arena)) >= 0) {
      return Optional.of(
          defaults.symbol()
              + " fills more than "
              + SamplerChainParams.LAYOUT.byteSize()
              + " bytes");
    }
    try {
      var handle = Symbols.handle(lookup, defaults);
      MemorySegment actual = (MemorySegment) handle.invokeExact((SegmentAllocator) arena);
      return differingField(
          defaults, SamplerChainParams.LAYOUT, SamplerChainParams.expectedDefaults(arena), actual);
    } catch (Throwable thrown) {
      throw Symbols.failed(defaults, thrown);
    }
  }

  /** A batch over tokens of the caller: a count, their address, and nothing else. */
  private static Optional<String> batchMismatch(SymbolLookup lookup, Arena arena) {
    Function getOne = Function.LLAMA_BATCH_GET_ONE;
    MemorySegment tokens = arena.allocate(JAVA_INT);
    MemorySegment expected = arena.allocate(BatchStruct.LAYOUT);
    expected.set(JAVA_INT, offset(BatchStruct.LAYOUT, "n_tokens"), PROBE_TOKENS);
    expected.set(ADDRESS, offset(BatchStruct.LAYOUT, "token"), tokens);
    MemorySegment actual = untouched(arena);
    try {
      SegmentAllocator into = (_, _) -> actual;
      var descriptor = getOne.descriptor().changeReturnLayout(large());
      MemorySegment written =
          (MemorySegment)
              Symbols.linker()
                  .downcallHandle(lookup.findOrThrow(getOne.symbol()), descriptor)
                  .invokeExact(into, tokens, PROBE_TOKENS);
      return mismatch(written, getOne, BatchStruct.LAYOUT, expected);
    } catch (Throwable thrown) {
      throw Symbols.failed(getOne, thrown);
    }
  }

  /** What a function without arguments writes to a large buffer. */
  private static MemorySegment call(SymbolLookup lookup, Function defaults, Arena arena) {
    MemorySegment buffer = untouched(arena);
    try {
      SegmentAllocator into = (_, _) -> buffer;
      return (MemorySegment)
          Symbols.linker()
              .downcallHandle(lookup.findOrThrow(defaults.symbol()), FunctionDescriptor.of(large()))
              .invokeExact(into);
    } catch (Throwable thrown) {
      throw Symbols.failed(defaults, thrown);
    }
  }

  /** Structs of more than 16 bytes are written to where the caller says, on every supported ABI. */
  private static StructLayout large() {
    return MemoryLayout.structLayout(
        MemoryLayout.sequenceLayout(PROBE_BYTES / Long.BYTES, JAVA_LONG));
  }

  private static MemorySegment untouched(Arena arena) {
    return arena.allocate(PROBE_BYTES, Long.BYTES).fill(UNTOUCHED);
  }

  private static Optional<String> mismatch(
      MemorySegment actual, Function source, StructLayout layout, MemorySegment expected) {
    for (long i = layout.byteSize(); i < PROBE_BYTES; i++) {
      if (actual.get(JAVA_BYTE, i) != UNTOUCHED) {
        return Optional.of(source.symbol() + " fills more than " + layout.byteSize() + " bytes");
      }
    }
    return differingField(source, layout, expected, actual);
  }

  /** Padding may hold anything. */
  private static Optional<String> differingField(
      Function source, StructLayout layout, MemorySegment expected, MemorySegment actual) {
    long offset = 0;
    for (MemoryLayout member : layout.memberLayouts()) {
      long end = offset + member.byteSize();
      if (member instanceof ValueLayout field
          && MemorySegment.mismatch(expected, offset, end, actual, offset, end) >= 0) {
        return Optional.of(
            source.symbol()
                + " gives "
                + field.name().orElse("a field")
                + " = "
                + number(field, actual, offset)
                + " where "
                + number(field, expected, offset)
                + " is expected");
      }
      offset = end;
    }
    return Optional.empty();
  }

  private static String number(ValueLayout field, MemorySegment struct, long offset) {
    return switch (field) {
      case ValueLayout.OfBoolean _ -> Byte.toString(struct.get(JAVA_BYTE, offset));
      case ValueLayout.OfFloat real -> Float.toString(struct.get(real, offset));
      case ValueLayout.OfInt integer -> Integer.toString(struct.get(integer, offset));
      default -> "0x" + Long.toHexString(struct.get(JAVA_LONG, offset)); // pointers and sizes
    };
  }

  private static long offset(StructLayout layout, String field) {
    return layout.byteOffset(PathElement.groupElement(field));
  }
}

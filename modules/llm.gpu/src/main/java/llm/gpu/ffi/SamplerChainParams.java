package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/** {@code struct llama_sampler_chain_params}, 1 byte. */
final class SamplerChainParams {
  /** The struct as {@code llama.h} declares it. */
  static final StructLayout LAYOUT = MemoryLayout.structLayout(JAVA_BOOLEAN.withName("no_perf"));

  private SamplerChainParams() {}

  /** The default that release v0.5.0 has, to compare a library with. */
  static MemorySegment expectedDefaults(SegmentAllocator allocator) {
    MemorySegment params = allocator.allocate(LAYOUT);
    params.set(JAVA_BOOLEAN, 0, true);
    return params;
  }
}

package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/** {@code struct llama_sampler_chain_params}, 1 byte. */
final class SamplerChainParams {
  /** The struct as {@code llama.h} declares it. */
  static final StructLayout LAYOUT = MemoryLayout.structLayout(JAVA_BOOLEAN.withName("no_perf"));

  private SamplerChainParams() {}
}

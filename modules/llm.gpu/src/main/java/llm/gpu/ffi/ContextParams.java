package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/** {@code struct llama_context_params}, 160 bytes. */
public final class ContextParams {
  /** The struct as {@code llama.h} declares it. */
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
          JAVA_INT.withName("n_ctx"),
          JAVA_INT.withName("n_batch"),
          JAVA_INT.withName("n_ubatch"),
          JAVA_INT.withName("n_seq_max"),
          JAVA_INT.withName("n_rs_seq"),
          JAVA_INT.withName("n_outputs_max"),
          JAVA_INT.withName("n_outputs_max_per_seq"),
          JAVA_INT.withName("n_threads"),
          JAVA_INT.withName("n_threads_batch"),
          JAVA_INT.withName("ctx_type"),
          JAVA_INT.withName("rope_scaling_type"),
          JAVA_INT.withName("pooling_type"),
          JAVA_INT.withName("attention_type"),
          JAVA_INT.withName("flash_attn_type"),
          JAVA_FLOAT.withName("rope_freq_base"),
          JAVA_FLOAT.withName("rope_freq_scale"),
          JAVA_FLOAT.withName("yarn_ext_factor"),
          JAVA_FLOAT.withName("yarn_attn_factor"),
          JAVA_FLOAT.withName("yarn_beta_fast"),
          JAVA_FLOAT.withName("yarn_beta_slow"),
          JAVA_INT.withName("yarn_orig_ctx"),
          JAVA_FLOAT.withName("defrag_thold"),
          ADDRESS.withName("cb_eval"),
          ADDRESS.withName("cb_eval_user_data"),
          JAVA_INT.withName("type_k"),
          JAVA_INT.withName("type_v"),
          ADDRESS.withName("abort_callback"),
          ADDRESS.withName("abort_callback_data"),
          JAVA_BOOLEAN.withName("embeddings"),
          JAVA_BOOLEAN.withName("offload_kqv"),
          JAVA_BOOLEAN.withName("no_perf"),
          JAVA_BOOLEAN.withName("op_offload"),
          JAVA_BOOLEAN.withName("swa_full"),
          JAVA_BOOLEAN.withName("kv_unified"),
          MemoryLayout.paddingLayout(2),
          ADDRESS.withName("samplers"),
          JAVA_LONG.withName("n_samplers"),
          ADDRESS.withName("ctx_other"));

  private static final Map<String, Integer> DEFAULT_INTS =
      Map.ofEntries(
          Map.entry("n_ctx", 512),
          Map.entry("n_batch", 2048),
          Map.entry("n_ubatch", 512),
          Map.entry("n_seq_max", 1),
          Map.entry("n_outputs_max_per_seq", 1),
          Map.entry("n_threads", Constants.GGML_DEFAULT_N_THREADS),
          Map.entry("n_threads_batch", Constants.GGML_DEFAULT_N_THREADS),
          Map.entry("ctx_type", Constants.LLAMA_CONTEXT_TYPE_DEFAULT),
          Map.entry("rope_scaling_type", Constants.LLAMA_ROPE_SCALING_TYPE_UNSPECIFIED),
          Map.entry("pooling_type", Constants.LLAMA_POOLING_TYPE_UNSPECIFIED),
          Map.entry("attention_type", Constants.LLAMA_ATTENTION_TYPE_UNSPECIFIED),
          Map.entry("flash_attn_type", Constants.LLAMA_FLASH_ATTN_TYPE_AUTO),
          Map.entry("type_k", Constants.GGML_TYPE_F16),
          Map.entry("type_v", Constants.GGML_TYPE_F16));
  private static final String[] DEFAULT_MINUS_ONE = {
    "yarn_ext_factor", "yarn_attn_factor", "yarn_beta_fast", "yarn_beta_slow", "defrag_thold"
  };
  private static final String[] DEFAULT_TRUE = {"offload_kqv", "no_perf", "op_offload", "swa_full"};

  private ContextParams() {}

  /** The defaults that release v0.5.0 has, to compare a library with. */
  static MemorySegment expectedDefaults(SegmentAllocator allocator) {
    MemorySegment params = allocator.allocate(LAYOUT);
    DEFAULT_INTS.forEach((field, value) -> params.set(JAVA_INT, offset(field), value));
    for (String field : DEFAULT_MINUS_ONE) {
      params.set(JAVA_FLOAT, offset(field), -1f);
    }
    for (String field : DEFAULT_TRUE) {
      params.set(ValueLayout.JAVA_BOOLEAN, offset(field), true);
    }
    return params;
  }

  /** The window in tokens; 0 takes the model's. */
  public static void contextTokens(MemorySegment params, int tokens) {
    params.set(JAVA_INT, offset("n_ctx"), tokens);
  }

  /** The most tokens of one {@code llama_decode}; computed in pieces of at most as many. */
  public static void batchTokens(MemorySegment params, int tokens) {
    params.set(JAVA_INT, offset("n_batch"), tokens);
    params.set(JAVA_INT, offset("n_ubatch"), tokens);
  }

  /** Threads that compute, for single tokens and for prompts. */
  public static void threads(MemorySegment params, int threads) {
    params.set(JAVA_INT, offset("n_threads"), threads);
    params.set(JAVA_INT, offset("n_threads_batch"), threads);
  }

  /**
   * How many sequences share the window, and the most outputs of one decode: fewer outputs than
   * sequences abort the process.
   */
  public static void sequences(MemorySegment params, int count, int outputs) {
    params.set(JAVA_INT, offset("n_seq_max"), count);
    params.set(JAVA_INT, offset("n_outputs_max"), outputs);
    params.set(JAVA_BOOLEAN, offset("kv_unified"), true);
  }

  /**
   * The context makes vectors of up to {@code sequences} sequences a decode, which share the
   * window; each token of a decode is an output then. {@code sequences} may not be more than {@code
   * n_batch}, which aborts the process.
   */
  public static void embeddings(MemorySegment params, int poolingType, int sequences) {
    params.set(JAVA_BOOLEAN, offset("embeddings"), true);
    params.set(JAVA_INT, offset("pooling_type"), poolingType);
    params.set(JAVA_INT, offset("n_seq_max"), sequences);
    params.set(JAVA_BOOLEAN, offset("kv_unified"), true);
  }

  private static long offset(String field) {
    return LAYOUT.byteOffset(PathElement.groupElement(field));
  }
}

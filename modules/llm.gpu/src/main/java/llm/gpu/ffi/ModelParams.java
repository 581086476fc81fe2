package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/** {@code struct llama_model_params}, 80 bytes. */
public final class ModelParams {
  /** The struct as {@code llama.h} declares it. */
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
          ADDRESS.withName("devices"),
          ADDRESS.withName("tensor_buft_overrides"),
          JAVA_INT.withName("n_gpu_layers"),
          JAVA_INT.withName("split_mode"),
          JAVA_INT.withName("load_mode"),
          JAVA_INT.withName("lazy_mode"),
          JAVA_INT.withName("main_gpu"),
          MemoryLayout.paddingLayout(4),
          ADDRESS.withName("tensor_split"),
          ADDRESS.withName("progress_callback"),
          ADDRESS.withName("progress_callback_user_data"),
          ADDRESS.withName("kv_overrides"),
          JAVA_BOOLEAN.withName("vocab_only"),
          JAVA_BOOLEAN.withName("check_tensors"),
          JAVA_BOOLEAN.withName("use_extra_bufts"),
          JAVA_BOOLEAN.withName("no_host"),
          JAVA_BOOLEAN.withName("no_alloc"),
          JAVA_BOOLEAN.withName("load_mtp"),
          MemoryLayout.paddingLayout(2));

  /** Every layer, for {@link #onGpu}. */
  public static final int ALL_LAYERS = -1;

  private static final long N_GPU_LAYERS = offset("n_gpu_layers");
  private static final long SPLIT_MODE = offset("split_mode");
  private static final long LOAD_MODE = offset("load_mode");
  private static final long LAZY_MODE = offset("lazy_mode");
  private static final long MAIN_GPU = offset("main_gpu");
  private static final long PROGRESS_CALLBACK = offset("progress_callback");
  private static final long VOCAB_ONLY = offset("vocab_only");
  private static final long USE_EXTRA_BUFTS = offset("use_extra_bufts");

  private ModelParams() {}

  /** The defaults that release v0.5.0 has, to compare a library with. */
  static MemorySegment expectedDefaults(SegmentAllocator allocator) {
    MemorySegment params = allocator.allocate(LAYOUT);
    params.set(JAVA_INT, N_GPU_LAYERS, -1);
    params.set(JAVA_INT, SPLIT_MODE, Constants.LLAMA_SPLIT_MODE_LAYER);
    params.set(JAVA_INT, LOAD_MODE, Constants.LLAMA_LOAD_MODE_AUTO);
    params.set(JAVA_INT, LAZY_MODE, Constants.LLAMA_LAZY_MODE_AUTO);
    params.set(JAVA_BOOLEAN, USE_EXTRA_BUFTS, true);
    return params;
  }

  /** How the file is brought into memory, one of {@code LLAMA_LOAD_MODE_*}. */
  public static void loadMode(MemorySegment params, int mode) {
    params.set(JAVA_INT, LOAD_MODE, mode);
  }

  /** When tensors are read, one of {@code LLAMA_LAZY_MODE_*}. */
  public static void lazyMode(MemorySegment params, int mode) {
    params.set(JAVA_INT, LAZY_MODE, mode);
  }

  /**
   * Which layers a graphics processor computes, and which one of several.
   *
   * @param layers how many, from the last one; below 0 for all
   * @param gpu from 0; one that is not there makes the load fail
   */
  public static void onGpu(MemorySegment params, int layers, int gpu) {
    params.set(JAVA_INT, N_GPU_LAYERS, layers);
    params.set(JAVA_INT, SPLIT_MODE, Constants.LLAMA_SPLIT_MODE_NONE);
    params.set(JAVA_INT, MAIN_GPU, gpu);
  }

  /** Loads the tokens and no weights. */
  public static void vocabOnly(MemorySegment params) {
    params.set(JAVA_BOOLEAN, VOCAB_ONLY, true);
  }

  /** The function told of the progress. */
  public static void progressCallback(MemorySegment params, MemorySegment callback) {
    params.set(ADDRESS, PROGRESS_CALLBACK, callback);
  }

  private static long offset(String field) {
    return LAYOUT.byteOffset(PathElement.groupElement(field));
  }
}

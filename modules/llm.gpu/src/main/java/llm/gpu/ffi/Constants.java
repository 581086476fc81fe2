package llm.gpu.ffi;

/**
 * Numbers of {@code llama.h} and {@code ggml.h}, by their names there. The tests compare each with
 * the header, as they do any other {@code int} of this package that is called so.
 */
public final class Constants {
  /** {@code enum llama_load_mode}: the file is read, not mapped. */
  public static final int LLAMA_LOAD_MODE_NONE = 0;

  /** {@code enum llama_load_mode}: mapped where it can be, the default. */
  static final int LLAMA_LOAD_MODE_AUTO = -1;

  /** {@code enum llama_lazy_mode}: every tensor is read up front. */
  public static final int LLAMA_LAZY_MODE_OFF = 0;

  /** {@code enum llama_lazy_mode}: the architecture says which tensors are read when. */
  static final int LLAMA_LAZY_MODE_AUTO = 1;

  /** {@code enum llama_split_mode}: layers are spread over devices. */
  static final int LLAMA_SPLIT_MODE_LAYER = 1;

  /** {@code enum llama_context_type}. */
  static final int LLAMA_CONTEXT_TYPE_DEFAULT = 0;

  /** {@code enum llama_rope_scaling_type}: as the model says. */
  static final int LLAMA_ROPE_SCALING_TYPE_UNSPECIFIED = -1;

  /** {@code enum llama_pooling_type}: as the model says. */
  static final int LLAMA_POOLING_TYPE_UNSPECIFIED = -1;

  /** {@code enum llama_pooling_type}: a vector for each token. */
  public static final int LLAMA_POOLING_TYPE_NONE = 0;

  /** {@code enum llama_pooling_type}: the mean of the tokens' vectors. */
  public static final int LLAMA_POOLING_TYPE_MEAN = 1;

  /** {@code enum llama_pooling_type}: the first token's vector. */
  public static final int LLAMA_POOLING_TYPE_CLS = 2;

  /** {@code enum llama_pooling_type}: the last token's vector. */
  public static final int LLAMA_POOLING_TYPE_LAST = 3;

  /** {@code enum llama_pooling_type}: scores of a model that ranks. */
  public static final int LLAMA_POOLING_TYPE_RANK = 4;

  /** {@code enum llama_attention_type}: as the model says. */
  static final int LLAMA_ATTENTION_TYPE_UNSPECIFIED = -1;

  /** {@code enum llama_flash_attn_type}: where the device can. */
  static final int LLAMA_FLASH_ATTN_TYPE_AUTO = -1;

  /** {@code enum ggml_type}: 16-bit floats. */
  static final int GGML_TYPE_F16 = 1;

  /** Threads of a context where nobody says how many. */
  static final int GGML_DEFAULT_N_THREADS = 4;

  /** {@code enum llama_vocab_type}: a model without a vocabulary. */
  public static final int LLAMA_VOCAB_TYPE_NONE = 0;

  /** No token. */
  public static final int LLAMA_TOKEN_NULL = -1;

  /** The seed that asks for a random one. */
  public static final int LLAMA_DEFAULT_SEED = -1;

  /** {@code enum ggml_backend_dev_type}: a graphics processor with memory of its own. */
  public static final int GGML_BACKEND_DEVICE_TYPE_GPU = 1;

  /** {@code enum ggml_backend_dev_type}: one that uses ordinary memory. */
  public static final int GGML_BACKEND_DEVICE_TYPE_IGPU = 2;

  /** {@code enum llama_split_mode}: all layers go to one device. */
  public static final int LLAMA_SPLIT_MODE_NONE = 0;

  /** {@code enum ggml_log_level}. */
  public static final int GGML_LOG_LEVEL_INFO = 2;

  /** {@code enum ggml_log_level}. */
  public static final int GGML_LOG_LEVEL_WARN = 3;

  /** {@code enum ggml_log_level}. */
  public static final int GGML_LOG_LEVEL_ERROR = 4;

  /** {@code enum ggml_log_level}: the line before goes on. */
  public static final int GGML_LOG_LEVEL_CONT = 5;

  private Constants() {}
}

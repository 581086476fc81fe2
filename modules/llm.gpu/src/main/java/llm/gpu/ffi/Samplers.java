package llm.gpu.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;

/** Functions on {@code struct llama_sampler}. */
public final class Samplers {
  private static final MethodHandle CHAIN_PARAMS =
      Symbols.handle(Function.LLAMA_SAMPLER_CHAIN_DEFAULT_PARAMS);
  private static final MethodHandle CHAIN_INIT = Symbols.handle(Function.LLAMA_SAMPLER_CHAIN_INIT);
  private static final MethodHandle ADD = Symbols.handle(Function.LLAMA_SAMPLER_CHAIN_ADD);
  private static final MethodHandle GREEDY = Symbols.handle(Function.LLAMA_SAMPLER_INIT_GREEDY);
  private static final MethodHandle DIST = Symbols.handle(Function.LLAMA_SAMPLER_INIT_DIST);
  private static final MethodHandle TOP_K = Symbols.handle(Function.LLAMA_SAMPLER_INIT_TOP_K);
  private static final MethodHandle TOP_P = Symbols.handle(Function.LLAMA_SAMPLER_INIT_TOP_P);
  private static final MethodHandle MIN_P = Symbols.handle(Function.LLAMA_SAMPLER_INIT_MIN_P);
  private static final MethodHandle TEMP = Symbols.handle(Function.LLAMA_SAMPLER_INIT_TEMP);
  private static final MethodHandle PENALTIES =
      Symbols.handle(Function.LLAMA_SAMPLER_INIT_PENALTIES);
  private static final MethodHandle LOGIT_BIAS =
      Symbols.handle(Function.LLAMA_SAMPLER_INIT_LOGIT_BIAS);
  private static final MethodHandle APPLY = Symbols.handle(Function.LLAMA_SAMPLER_APPLY);
  private static final MethodHandle ACCEPT = Symbols.handle(Function.LLAMA_SAMPLER_ACCEPT);
  private static final MethodHandle SAMPLE = Symbols.handle(Function.LLAMA_SAMPLER_SAMPLE);
  private static final MethodHandle FREE = Symbols.handle(Function.LLAMA_SAMPLER_FREE);

  private Samplers() {}

  /** {@code llama_sampler_chain_init} with default parameters: an empty chain. */
  public static MemorySegment createChain(SegmentAllocator allocator) {
    try {
      return (MemorySegment)
          CHAIN_INIT.invokeExact((MemorySegment) CHAIN_PARAMS.invokeExact(allocator));
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_CHAIN_INIT, thrown);
    }
  }

  /** {@code llama_sampler_chain_add}: the chain owns the sampler from now on. */
  public static void add(MemorySegment chain, MemorySegment sampler) {
    try {
      ADD.invokeExact(chain, sampler);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_CHAIN_ADD, thrown);
    }
  }

  /** {@code llama_sampler_init_greedy}: the likeliest token. */
  public static MemorySegment greedy() {
    try {
      return (MemorySegment) GREEDY.invokeExact();
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_INIT_GREEDY, thrown);
    }
  }

  /** {@code llama_sampler_init_dist}: draws by probability. */
  public static MemorySegment distribution(int seed) {
    try {
      return (MemorySegment) DIST.invokeExact(seed);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_INIT_DIST, thrown);
    }
  }

  /** {@code llama_sampler_init_top_k}. */
  public static MemorySegment topK(int k) {
    try {
      return (MemorySegment) TOP_K.invokeExact(k);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_INIT_TOP_K, thrown);
    }
  }

  /** {@code llama_sampler_init_top_p}, at least one token kept. */
  public static MemorySegment topP(float p) {
    try {
      return (MemorySegment) TOP_P.invokeExact(p, 1L);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_INIT_TOP_P, thrown);
    }
  }

  /** {@code llama_sampler_init_min_p}, at least one token kept. */
  public static MemorySegment minP(float p) {
    try {
      return (MemorySegment) MIN_P.invokeExact(p, 1L);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_INIT_MIN_P, thrown);
    }
  }

  /** {@code llama_sampler_init_temp}. */
  public static MemorySegment temperature(float temperature) {
    try {
      return (MemorySegment) TEMP.invokeExact(temperature);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_INIT_TEMP, thrown);
    }
  }

  /**
   * {@code llama_sampler_init_penalties} over the tokens sampled last.
   *
   * @param vocabulary how many tokens there are
   * @param last how many of the tokens sampled last count
   * @param repeat more than 0, 1 for none
   * @param frequency subtracted for each occurrence
   * @param presence subtracted once
   */
  public static MemorySegment penalties(
      int vocabulary, int last, float repeat, float frequency, float presence) {
    try {
      return (MemorySegment) PENALTIES.invokeExact(vocabulary, last, repeat, frequency, presence);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_INIT_PENALTIES, thrown);
    }
  }

  /**
   * {@code llama_sampler_init_logit_bias}, which copies the array.
   *
   * @param biases biases of {@link TokenArrays}
   */
  public static MemorySegment logitBias(int vocabulary, MemorySegment biases) {
    int count = (int) (biases.byteSize() / TokenArrays.BIAS.byteSize());
    try {
      return (MemorySegment) LOGIT_BIAS.invokeExact(vocabulary, count, biases);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_INIT_LOGIT_BIAS, thrown);
    }
  }

  /**
   * {@code llama_sampler_sample}: the token chosen. Aborts the process when the index has no
   * logits.
   */
  public static int sample(MemorySegment chain, MemorySegment context, int index) {
    try {
      return (int) SAMPLE.invokeExact(chain, context, index);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_SAMPLE, thrown);
    }
  }

  /**
   * {@code llama_sampler_apply}: selects one of the candidates; not yet as a token that was chosen.
   *
   * @param candidates a choice of {@link TokenArrays} that is not empty
   */
  public static void apply(MemorySegment chain, MemorySegment candidates) {
    try {
      APPLY.invokeExact(chain, candidates);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_APPLY, thrown);
    }
  }

  /** {@code llama_sampler_accept}: the token was chosen. */
  public static void accept(MemorySegment chain, int token) {
    try {
      ACCEPT.invokeExact(chain, token);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_ACCEPT, thrown);
    }
  }

  /** {@code llama_sampler_free}, with all that a chain owns. */
  public static void free(MemorySegment chain) {
    try {
      FREE.invokeExact(chain);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SAMPLER_FREE, thrown);
    }
  }
}

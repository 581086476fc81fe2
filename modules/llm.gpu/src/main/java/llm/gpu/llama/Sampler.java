package llm.gpu.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import llm.gpu.ffi.Constants;
import llm.gpu.ffi.Samplers;
import llm.gpu.ffi.TokenArrays;

/**
 * Chooses tokens. The order is llama.cpp's own: bias, penalties, top-k, top-p, min-p, temperature,
 * then a draw by probability; with temperature 0 only the likeliest token. One generation each; one
 * thread.
 */
public final class Sampler implements AutoCloseable {
  private static final int RANDOM_SEED = Constants.LLAMA_DEFAULT_SEED; // not repeatable
  private static final int ABSOLUTE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;

  private final Handle handle;
  private final boolean likeliest; // nothing is asked but the largest logit

  /**
   * A sampler with its own random numbers.
   *
   * @param vocabulary the tokens it chooses from
   * @throws IllegalArgumentException when a bias is for a token that is not one of them
   * @throws LlamaException when there is no memory for it
   */
  public Sampler(SamplerOptions options, Vocabulary vocabulary) throws LlamaException {
    this.likeliest = options.greedy() && options.penalties().isNone() && options.bias().isEmpty();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bias = biases(options.bias(), vocabulary, arena);
      handle = new Handle("sampler", Samplers.createChain(arena), "There is no memory left.");
      MemorySegment chain = handle.get();
      if (!options.bias().isEmpty()) {
        Samplers.add(chain, Samplers.logitBias(vocabulary.size(), bias));
      }
      SamplerOptions.Penalties penalties = options.penalties();
      if (!penalties.isNone()) {
        Samplers.add(
            chain,
            Samplers.penalties(
                vocabulary.size(),
                penalties.last(),
                penalties.repeat(),
                penalties.frequency(),
                penalties.presence()));
      }
      addChoice(chain, options);
    }
  }

  private static MemorySegment biases(
      Map<Integer, Float> biases, Vocabulary vocabulary, Arena arena) {
    MemorySegment array = TokenArrays.allocateBiases(arena, biases.size());
    int index = 0;
    for (var bias : biases.entrySet()) {
      TokenArrays.setBias(array, index++, vocabulary.checked(bias.getKey()), bias.getValue());
    }
    return array;
  }

  private static void addChoice(MemorySegment chain, SamplerOptions options) {
    if (options.greedy()) {
      Samplers.add(chain, Samplers.greedy());
      return;
    }
    if (options.topK() > 0) {
      Samplers.add(chain, Samplers.topK(options.topK()));
    }
    if (options.topP() < 1) {
      Samplers.add(chain, Samplers.topP(options.topP()));
    }
    if (options.minP() > 0) {
      Samplers.add(chain, Samplers.minP(options.minP()));
    }
    Samplers.add(chain, Samplers.temperature(options.temperature()));
    int seed = options.seed() == RANDOM_SEED ? RANDOM_SEED - 1 : options.seed();
    Samplers.add(chain, Samplers.distribution(seed));
  }

  /**
   * The token that follows the one at {@code index} of the context's last batch.
   *
   * @throws IllegalStateException when no logits were asked for there
   * @throws LlamaException when the model computed NaN: sorting them is undefined in C
   */
  public int sample(Context context, int index) throws LlamaException {
    MemorySegment chain = handle.get();
    MemorySegment pointer = context.pointerWithLogits(index);
    MemorySegment logits = context.logits(index);
    if (likeliest) {
      return largest(logits); // the chain would copy the whole vocabulary first
    }
    if (hasNaN(logits, (int) (logits.byteSize() / Float.BYTES))) {
      throw damaged();
    }
    return Samplers.sample(chain, pointer, index);
  }

  /**
   * One of {@code candidates}, which are not empty; {@link #accept} tells whether it was chosen.
   *
   * @throws LlamaException when none could be selected: the logits are no numbers to choose by
   */
  public int select(Candidates candidates) throws LlamaException {
    MemorySegment chain = handle.get();
    if (likeliest) {
      return candidates.likeliest();
    }
    Samplers.apply(chain, candidates.array());
    int token = TokenArrays.selected(candidates.array());
    if (token < 0) {
      throw damaged();
    }
    return token;
  }

  /** The token was chosen: penalties count it from now on. */
  public void accept(int token) {
    Samplers.accept(handle.get(), token);
  }

  /** Frees the sampler. Idempotent. */
  @Override
  public void close() {
    MemorySegment pointer = handle.take();
    if (pointer.address() != 0) {
      Samplers.free(pointer);
    }
  }

  /**
   * The token with the largest logit, of equals the first, as llama.cpp's greedy sampler has it.
   */
  private static int largest(MemorySegment logits) throws LlamaException {
    int count = (int) (logits.byteSize() / Float.BYTES);
    int token = 0;
    float best = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      float logit = logits.getAtIndex(JAVA_FLOAT, i);
      if (!(logit <= best)) { // larger, or NaN
        if (Float.isNaN(logit)) {
          throw damaged();
        }
        best = logit;
        token = i;
      }
    }
    return token;
  }

  private static LlamaException damaged() {
    return new LlamaException("The model computed numbers that are none; its file is damaged.");
  }

  /** Compares bits: a loop over ints is vectorised, one over floats is not. */
  private static boolean hasNaN(MemorySegment logits, int count) {
    int found = 0;
    for (int i = 0; i < count; i++) {
      found |= INFINITY - (logits.getAtIndex(JAVA_INT, i) & ABSOLUTE);
    }
    return found < 0;
  }

  /**
   * Tokens with their logits, for a sampler to select one of: all, or those of a set. The logits of
   * the context stay as they are. One thread.
   */
  public static final class Candidates implements AutoCloseable {
    private final int vocabulary;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment data;
    private final MemorySegment array;
    private int count;
    private int likeliest; // of them
    private float largest;

    /** Room for all tokens of a vocabulary of this size. */
    public Candidates(int vocabulary) {
      this.vocabulary = vocabulary;
      this.data = TokenArrays.allocateCandidates(arena, vocabulary);
      this.array = TokenArrays.allocateChoice(arena);
    }

    /**
     * Takes every token.
     *
     * @param logits [vocabulary] floats
     * @throws LlamaException when they are not all numbers
     */
    public void takeAll(MemorySegment logits) throws LlamaException {
      if (hasNaN(logits, vocabulary)) {
        throw damaged();
      }
      count = 0;
      largest = Float.NEGATIVE_INFINITY;
      for (int token = 0; token < vocabulary; token++) {
        add(logits, token);
      }
      TokenArrays.setChoice(array, data, count);
    }

    /**
     * Takes the tokens of a set; {@link #takeAll} has seen the logits before.
     *
     * @param allowed bits by token, 64 to a word
     * @param more tokens beside them, none of them in the set
     * @return how many have a probability at all
     */
    public int takeOnly(MemorySegment logits, long[] allowed, int[] more) {
      count = 0;
      largest = Float.NEGATIVE_INFINITY;
      for (int word = 0; word < allowed.length; word++) {
        for (long bits = allowed[word]; bits != 0; bits &= bits - 1) {
          add(logits, word * Long.SIZE + Long.numberOfTrailingZeros(bits));
        }
      }
      for (int token : more) {
        add(logits, token);
      }
      TokenArrays.setChoice(array, data, count);
      return largest == Float.NEGATIVE_INFINITY ? 0 : count;
    }

    MemorySegment array() {
      return array;
    }

    /** The one with the largest logit, of equals the first that was taken. */
    public int likeliest() {
      return likeliest;
    }

    private void add(MemorySegment logits, int token) {
      float logit = logits.getAtIndex(JAVA_FLOAT, token);
      if (count == 0 || logit > largest) {
        largest = logit;
        likeliest = token;
      }
      TokenArrays.setCandidate(data, count++, token, logit);
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}

package llm.gpu.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import llm.gpu.ffi.TokenArrays;

/**
 * Tokens with their logits, for a {@link Sampler} to select one of: all, or those of a set. The
 * logits of the context stay as they are. One thread.
 */
public final class Candidates implements AutoCloseable {
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
    if (Sampler.hasNaN(logits, vocabulary)) {
      throw Sampler.damaged();
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

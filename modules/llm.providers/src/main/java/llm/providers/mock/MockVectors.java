package llm.providers.mock;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import llm.domain.call.Call;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.service.TokenEstimator;

/**
 * Vectors without a model, the same for the same text whenever and wherever they are made: each
 * word, in lower case, adds 1 or -1 at {@value #PLACES} places that its hash chooses, and the sum
 * is brought to length 1. So texts with words in common are near each other, and that is all they
 * tell.
 */
final class MockVectors {
  /** How long a vector is when nothing is asked. */
  static final int DIMENSIONS = 256;

  /** How long it may be. */
  static final int MOST_DIMENSIONS = 4_096;

  /**
   * The most numbers of one answer, all vectors together: they cost the caller nothing, and take
   * about 30 bytes of memory each until they are sent.
   */
  static final int MOST_NUMBERS = 1 << 20;

  private static final int PLACES = 8;
  private static final long HASH_BASIS = 0xcbf29ce484222325L; // FNV-1a, 64 bits
  private static final long HASH_PRIME = 0x100000001b3L;
  private static final TokenEstimator COUNTER = new TokenEstimator();

  private MockVectors() {}

  /** The vectors of {@code request}; looks between inputs whether {@code call} was cancelled. */
  static EmbeddingResult of(EmbeddingRequest request, Call call) throws LlmException {
    int dimensions = request.dimensions().orElse(DIMENSIONS);
    requireRoom(dimensions, request.inputs().size());
    var vectors = new ArrayList<Embedding>(request.inputs().size());
    long tokens = 0;
    for (EmbeddingInput input : request.inputs()) {
      if (call.cancelled().isPresent()) {
        throw new LlmException(new LlmError.Cancelled(call.cancelled().get()));
      }
      switch (input) {
        case EmbeddingInput.Text(String text) -> {
          vectors.add(ofText(text, dimensions));
          tokens += COUNTER.countTokens(text);
        }
        case EmbeddingInput.Tokens(List<Integer> ids) -> {
          vectors.add(ofTokens(ids, dimensions));
          tokens += ids.size();
        }
      }
    }
    int prompt = (int) Math.min(Integer.MAX_VALUE, tokens);
    return new EmbeddingResult(request.model().value(), vectors, Usage.of(prompt, 0));
  }

  private static void requireRoom(int dimensions, int inputs) throws LlmException {
    if (dimensions > MOST_DIMENSIONS) {
      throw refusal("must be 1 to " + MOST_DIMENSIONS + " for the mock", dimensions);
    }
    if (dimensions * inputs > MOST_NUMBERS) {
      throw refusal(
          "of "
              + inputs
              + " inputs are more than the "
              + MOST_NUMBERS
              + " numbers that the mock makes at once; send less at once",
          dimensions);
    }
  }

  private static LlmException refusal(String why, int dimensions) {
    return new LlmException(
        LlmError.InvalidRequest.at("dimensions", "dimensions " + dimensions + " " + why));
  }

  private static Embedding ofText(String text, int dimensions) {
    var sum = new float[dimensions];
    String lower = text.toLowerCase(Locale.ROOT);
    int start = 0;
    boolean any = false;
    for (int index = 0; index <= lower.length(); index++) {
      boolean inWord = index < lower.length() && isWordPart(lower.charAt(index));
      if (!inWord && index > start) {
        add(hash(lower, start, index), sum);
        any = true;
      }
      start = inWord ? start : index + 1;
    }
    if (!any) {
      add(hash(lower, 0, lower.length()), sum); // no word: the text is one
    }
    return unit(sum);
  }

  private static Embedding ofTokens(List<Integer> ids, int dimensions) {
    var sum = new float[dimensions];
    for (int id : ids) {
      add((HASH_BASIS ^ id) * HASH_PRIME, sum);
    }
    return unit(sum);
  }

  /** Surrogates are parts of words: halves of letters as a rule, and never blanks. */
  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || Character.isSurrogate(c);
  }

  private static long hash(String text, int from, int to) {
    long hash = HASH_BASIS;
    for (int index = from; index < to; index++) {
      hash = (hash ^ text.charAt(index)) * HASH_PRIME;
    }
    return hash;
  }

  private static void add(long hash, float[] sum) {
    var places = new SplittableRandom(hash);
    for (int count = 0; count < PLACES; count++) {
      sum[places.nextInt(sum.length)] += places.nextBoolean() ? 1 : -1;
    }
  }

  /** At length 1; where everything cancelled out, the first direction. */
  private static Embedding unit(float[] sum) {
    boolean zero = true;
    for (float value : sum) {
      zero &= value == 0;
    }
    sum[0] = zero ? 1 : sum[0];
    return Embedding.of(sum).normalised();
  }
}

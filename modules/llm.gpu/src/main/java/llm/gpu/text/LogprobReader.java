package llm.gpu.text;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import llm.domain.chat.TokenLogprob;

/**
 * Log probabilities of tokens: the logarithm of the softmax of the model's own logits, before bias,
 * penalties, temperature and cuts. One thread.
 */
public final class LogprobReader {
  private final Pieces pieces;

  public LogprobReader(Pieces pieces) {
    this.pieces = pieces;
  }

  /**
   * Of {@code token} and its likeliest alternatives.
   *
   * @param logits [vocabulary] floats
   * @param alternatives how many, 0 or more; the chosen token counts among them where it is likely
   */
  public TokenLogprob of(MemorySegment logits, int token, int alternatives) {
    int vocabulary = (int) (logits.byteSize() / Float.BYTES);
    double normaliser = logSumOfExponentials(logits, vocabulary);
    List<TokenLogprob.Top> top = new ArrayList<>(alternatives);
    for (int candidate : likeliest(logits, vocabulary, alternatives)) {
      double logprob = logprob(logits, candidate, normaliser);
      top.add(TokenLogprob.Top.of(pieces.copy(candidate), logprob));
    }
    return TokenLogprob.of(pieces.copy(token), logprob(logits, token, normaliser), top);
  }

  private static double logprob(MemorySegment logits, int token, double normaliser) {
    return Math.min(0, logits.getAtIndex(JAVA_FLOAT, token) - normaliser);
  }

  private static double logSumOfExponentials(MemorySegment logits, int count) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, logits.getAtIndex(JAVA_FLOAT, i));
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.exp(logits.getAtIndex(JAVA_FLOAT, i) - largest);
    }
    return largest + Math.log(sum);
  }

  /** The tokens with the largest logits, largest first; of equals the lower id. */
  private static int[] likeliest(MemorySegment logits, int vocabulary, int count) {
    int[] best = new int[Math.min(count, vocabulary)];
    int found = 0;
    for (int token = 0; token < vocabulary && best.length > 0; token++) {
      float logit = logits.getAtIndex(JAVA_FLOAT, token);
      if (found < best.length || logit > logits.getAtIndex(JAVA_FLOAT, best[found - 1])) {
        int at = found < best.length ? found++ : found - 1;
        while (at > 0 && logit > logits.getAtIndex(JAVA_FLOAT, best[at - 1])) {
          best[at] = best[--at];
        }
        best[at] = token;
      }
    }
    return best;
  }
}

package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.TokenLogprob.Top;
import org.assertj.core.data.Offset;

/**
 * Whether two answers to one request are the same. llama.cpp computes a token in another order of
 * additions when others are in its batch, so that logits differ in their last digits: tokens are
 * compared one by one, and where they part, the probabilities there must be the same up to that.
 */
final class Alike {
  /**
   * Of a log probability. Measured with TinyModel, eight streams against each alone: at most 0.03
   * in 999 of 1,000, at the most 0.049 of 143,000 in a large pool without prefixes, and 0.061 of
   * 99,000 where they are parked and share prefixes.
   */
  private static final double TOLERANCE = 0.1;

  private Alike() {}

  /** Fails when two complete answers part where their probabilities are not the same. */
  static void require(SteppedEngine.Voice one, SteppedEngine.Voice other) {
    assertThat(one.tokens()).isNotEmpty();
    if (sameTokens(one.tokens(), other.tokens(), one.text())) {
      assertThat(one.text()).isEqualTo(other.text());
      assertThat(one.end().usage().completionTokens())
          .isEqualTo(other.end().usage().completionTokens());
    }
  }

  /** Whether tokens are the same as far as both go; fails when they part for no reason. */
  static boolean sameTokens(List<TokenLogprob> one, List<TokenLogprob> other, Object who) {
    for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
      requireSameTop(one.get(i), other.get(i), who);
      // a letter and its byte are two tokens, told apart by their probabilities only
      boolean same =
          one.get(i).bytes().equals(other.get(i).bytes())
              && Math.abs(one.get(i).logprob() - other.get(i).logprob()) <= TOLERANCE;
      if (!same) {
        return false;
      }
    }
    return true;
  }

  private static void requireSameTop(TokenLogprob one, TokenLogprob other, Object who) {
    for (List<Byte> bytes : one.top().stream().map(Top::bytes).distinct().toList()) {
      List<Double> mine = likeliestFirst(one, bytes);
      List<Double> theirs = likeliestFirst(other, bytes);
      for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) {
        assertThat(theirs.get(i))
            .as("token of %s", who)
            .isCloseTo(mine.get(i), Offset.offset(TOLERANCE));
      }
    }
  }

  private static List<Double> likeliestFirst(TokenLogprob token, List<Byte> bytes) {
    return token.top().stream().filter(top -> top.bytes().equals(bytes)).map(Top::logprob).toList();
  }
}

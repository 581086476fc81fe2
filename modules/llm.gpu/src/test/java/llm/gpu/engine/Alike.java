package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llm.domain.chat.TokenLogprob;
import org.assertj.core.data.Offset;

/**
 * Whether two answers to one request are the same. llama.cpp computes a token in another order of
 * additions when others are in its batch, so that logits differ in their last digits: tokens are
 * compared one by one, and where they part, the probabilities there must be the same up to that.
 */
final class Alike {
  private static final double TOLERANCE = 0.05; // of a log probability

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
      for (TokenLogprob.Top top : one.get(i).top()) {
        other.get(i).top().stream()
            .filter(candidate -> candidate.bytes().equals(top.bytes()))
            .forEach(candidate ->
                assertThat(candidate.logprob())
                    .as("token of %s", who)
                    .isCloseTo(top.logprob(), Offset.offset(TOLERANCE)));
      }
      if (!one.get(i).bytes().equals(other.get(i).bytes())) {
        return false;
      }
    }
    return true;
  }
}

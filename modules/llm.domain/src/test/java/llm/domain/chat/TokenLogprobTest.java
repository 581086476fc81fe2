package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenLogprobTest {
  private static final TokenLogprob.Top TOP = TokenLogprob.Top.of(new byte[] {'a'}, -1);

  @Test
  void saysTheTextAndTheBytesOfAToken() {
    var token = TokenLogprob.of("ü".getBytes(StandardCharsets.UTF_8), -.5, List.of(TOP));
    assertThat(token)
        .isEqualTo(new TokenLogprob("ü", -.5, List.of((byte) 0xc3, (byte) 0xbc), List.of(TOP)));
    assertThat(TOP).isEqualTo(new TokenLogprob.Top("a", -1, List.of((byte) 'a')));
  }

  @Test
  void keepsTheBytesOfAPartOfACharacter() {
    var token = TokenLogprob.of(new byte[] {(byte) 0xf0, (byte) 0x9f}, 0, List.of());
    assertThat(token.token()).isEqualTo("\ufffd");
    assertThat(token.bytes()).containsExactly((byte) 0xf0, (byte) 0x9f);
  }

  @Test
  void hasALeastProbability() {
    assertThat(new TokenLogprob("a", Double.NEGATIVE_INFINITY, List.of(), List.of()).logprob())
        .isEqualTo(TokenLogprob.UNLIKELY);
    assertThat(new TokenLogprob.Top("a", -10_000, List.of()).logprob())
        .isEqualTo(TokenLogprob.UNLIKELY);
  }

  @ParameterizedTest
  @ValueSource(doubles = {.1, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesWhatIsNoLogarithmOfAProbability(double logprob) {
    String message = "logprob " + logprob + " of token 'a' must be 0 or less";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TokenLogprob("a", logprob, List.of(), List.of()))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TokenLogprob.Top("a", logprob, List.of()))
        .withMessage(message);
  }

  @Test
  void keepsItsOwnCopies() {
    var bytes = new ArrayList<>(List.of((byte) 1));
    var top = new ArrayList<>(List.of(TOP));
    var token = new TokenLogprob("a", 0, bytes, top);
    bytes.clear();
    top.clear();
    assertThat(token.bytes()).hasSize(1);
    assertThat(token.top()).containsExactly(TOP);
  }
}

package llm.domain.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ThoughtTest {
  @Test
  void aThoughtIsShownOrHidden() {
    assertThat(Thought.of("hm").text()).isEqualTo("hm");
    assertThat(Thought.hidden("xyz").hidden()).contains("xyz");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Thought("hm", Optional.empty(), Optional.of("xyz")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Thought("", Optional.of("proof"), Optional.of("xyz")));
  }

  @Test
  void ourOwnDialectIsReadAsChatCompletionsAndNothingElse() {
    assertThat(Dialect.LLM.isReadAs(Dialect.OPENAI_CHAT)).isTrue();
    assertThat(Dialect.OPENAI_CHAT.isReadAs(Dialect.LLM)).isTrue();
    assertThat(Dialect.ANTHROPIC.isReadAs(Dialect.ANTHROPIC)).isTrue();
    assertThat(Dialect.ANTHROPIC.isReadAs(Dialect.OPENAI_CHAT)).isFalse();
    assertThat(Dialect.OPENAI_RESPONSES.isReadAs(Dialect.OPENAI_CHAT)).isFalse();
  }
}

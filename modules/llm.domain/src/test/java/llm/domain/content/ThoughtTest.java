package llm.domain.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ThoughtTest {
  @Test
  void aThoughtIsShownOrHidden() {
    assertThat(Thought.of("hm").text()).isEqualTo("hm");
    assertThat(Thought.hidden(new Proof(Dialect.ANTHROPIC, "xyz")).hidden()).contains("xyz");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Thought("hm", Optional.empty(), Optional.of("xyz"), Dialect.ANTHROPIC));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Thought("", Optional.of("proof"), Optional.of("xyz"), Dialect.ANTHROPIC));
  }

  @Test
  void aProofGoesBackToTheDialectThatItCameInAlone() {
    Thought signed = Thought.signed("hm", new Proof(Dialect.ANTHROPIC, "sig"));
    assertThat(signed.proof()).contains(new Proof(Dialect.ANTHROPIC, "sig"));
    assertThat(signed.isProvenIn(Dialect.ANTHROPIC)).isTrue();
    assertThat(signed.isProvenIn(Dialect.OPENAI_RESPONSES)).isFalse();
    assertThat(Thought.of("hm").isProvenIn(Dialect.LLM)).isFalse();
    assertThat(Thought.of("hm").proof()).isEmpty();
  }

  @Test
  void aProofComesHomeThroughFieldsOfAnyDialect() {
    for (Dialect from : Dialect.values()) {
      for (Dialect through : Dialect.values()) {
        for (String data : List.of("c2ln", "llm.anthropic.c2ln", "llm.else", "")) {
          String field = new Proof(from, data).in(through);
          Proof back = Proof.read(field, through);
          assertThat(back.data()).as(field).isEqualTo(data);
          assertThat(back.dialect().isReadAs(from)).as(field).isTrue();
        }
      }
    }
    assertThat(new Proof(Dialect.ANTHROPIC, "c2ln").in(Dialect.ANTHROPIC)).isEqualTo("c2ln");
    assertThat(Proof.read("llm.nobody.x", Dialect.ANTHROPIC).data()).isEqualTo("llm.nobody.x");
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

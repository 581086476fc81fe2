package llm.domain.call;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AnswererTest {
  @Test
  void namesProviderAndModel() {
    var answerer = new Answerer("big", "big/llama");
    assertThat(answerer.provider()).isEqualTo("big");
    assertThat(answerer.model()).isEqualTo("big/llama");
  }
}

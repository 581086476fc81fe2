package llm.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What somebody who starts the server by hand is told")
class GreetingTest {
  @Test
  void saysWhoAnswersAndHowToAsk() {
    assertThat(Greeting.of("http://127.0.0.1:8123", "builtin", "A tiny demonstration model"))
        .startsWith("Requests without a model go to builtin: A tiny demonstration model\n")
        .contains("curl -N http://127.0.0.1:8123/llm/stream -H 'content-type: application/json'");
  }

  @Test
  void aModelThatIsNotThereHasNoDescription() {
    assertThat(Greeting.of("http://127.0.0.1:8123", "gone", ""))
        .startsWith("Requests without a model go to gone\ncurl");
  }
}

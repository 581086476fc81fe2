package llm.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What a terminal is told at the start")
class GreetingTest {
  private static final String URL = "http://127.0.0.1:8000";

  @Test
  void saysWhoAnswersAndHowToAsk() {
    assertThat(Greeting.of(URL, "builtin", "A tiny model", false, false).lines())
        .containsExactly(
            "Requests without a model go to builtin: A tiny model",
            "curl -N http://127.0.0.1:8000/llm/stream -H 'content-type: application/json'"
                + " -d '{\"prompt\": \"Which port do you listen on?\"}'");
    assertThat(Greeting.of(URL, "gone", "", false, false).lines().findFirst())
        .hasValue("Requests without a model go to gone");
  }

  @Test
  void theCommandHasAPlaceForAKeyWhereOneIsAsked() {
    assertThat(Greeting.of(URL, "mock", "", true, false))
        .contains("/llm/stream -H 'authorization: Bearer KEY' -H 'content-type");
  }

  @Test
  void theCommandTakesACertificateThatNobodySigned() {
    assertThat(Greeting.of("https://127.0.0.1:8443", "mock", "", false, true))
        .contains("\ncurl -N -k https://127.0.0.1:8443/llm/stream -H 'content-type");
  }

  @Test
  void whatAFileSaysOfItselfIsOneLineThatATerminalDoesNotObey() {
    String name = "tiny\u001b]0;x\u0007\r\nready\u202e" + "é😀".repeat(400);
    String said = Greeting.of(URL, "local", name, false, false);
    assertThat(said.lines()).hasSize(2);
    assertThat(said)
        .startsWith("Requests without a model go to local: tiny?]0;x???ready?é😀")
        .doesNotContain("\u001b", "\u0007", "\r", "\u202e")
        .contains("…\ncurl");
    assertThat(said.length()).isLessThan(800);
  }
}

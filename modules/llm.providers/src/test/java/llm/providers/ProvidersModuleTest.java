package llm.providers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import llm.core.catalogue.Catalogue;
import llm.core.gateway.Gateway;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.model.ModelName;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: the gateway finds the providers of this module")
class ProvidersModuleTest {
  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  @Test
  void answersThroughTheGateway() throws Exception {
    var config = TestConfig.yaml("providers: {mock: {delay_ms: 0, first_token_delay_ms: 0}}");
    try (var gateway = open(config);
        var call = Calls.open(clock)) {
      assertThat(config.problems()).isEmpty();
      assertThat(telemetry.events("provider_ready").getFirst().text("provider")).contains("mock");
      var request = ChatRequest.of(gateway.resolve(Optional.empty()), List.of(Message.user("hi")));

      assertThat(gateway.complete(request, call).text()).isEqualTo("Echo: hi");
      assertThat(gateway.models()).hasSize(2);
    }
  }

  @Test
  void theMockPretendsToShakeHands() throws Exception {
    var config = TestConfig.yaml("providers: {mock: {delay_ms: 0, first_token_delay_ms: 0}}");
    try (var gateway = open(config);
        var call = Calls.open(clock)) {
      var made = gateway.connections().handshake(new ModelName("mock"), call);
      assertThat(made.provider()).isEqualTo("mock");
      assertThat(made.status()).isEmpty();
      assertThat(made.generation()).isPresent();
      assertThat(telemetry.trail())
          .containsSubsequence("conn_handshake_start", "llm_request", "conn_handshake_finish");
    }
  }

  @Test
  void saysWhyTheMockIsNotThere() {
    try (var gateway = open(TestConfig.yaml("providers: {mock: {enabled: false}}"))) {
      assertThat(gateway.models()).isEmpty();
      assertThat(gateway.health().get("mock").detail())
          .isEqualTo("absent: The mock is switched off; set providers.mock.enabled to true.");
      assertThat(telemetry.events("provider_absent"))
          .extracting(event -> event.text("provider").orElseThrow())
          .containsExactly("anthropic", "custom", "mock", "openai", "openai_compatible");
    }
  }

  private Gateway open(TestConfig config) {
    return Gateway.open(
        config.root(),
        () -> Catalogue.EMPTY,
        telemetry,
        clock,
        IdSource.RANDOM,
        _ -> {},
        Optional.empty());
  }
}

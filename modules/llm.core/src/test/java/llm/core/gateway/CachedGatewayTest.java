package llm.core.gateway;

import static llm.core.gateway.GatewayFixture.ask;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.provider.ProviderSetup;
import llm.core.store.memory.MemoryValueStore;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("P-8: what of the configuration has a part in an answer has one in its key")
@Timeout(60)
class CachedGatewayTest {
  private static final String TARGET = "routes: {r: {targets: [{model: a";

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final MemoryValueStore values = new MemoryValueStore(1 << 20, clock, telemetry.metrics());
  private final TestProvider a =
      TestProvider.playing(
          "a",
          new StreamEvent.TextDelta("hello"),
          new StreamEvent.Done(FinishReason.STOP, new Usage(1, 1, 0)));

  @Test
  void anAnswerIsGivenAgainUnderTheSameConfigurationOnly() throws Exception {
    String always = "\ncache: {use: always}";
    assertThat(whole(TARGET + "}]}}" + always)).isEqualTo("miss");
    assertThat(whole(TARGET + "}]}}" + always)).isEqualTo("hit");
    assertThat(stream(TARGET + "}]}}" + always)).isEqualTo("hit");
    assertThat(whole(TARGET + ", system_prefix: Be brief.}]}}" + always)).isEqualTo("miss");
    assertThat(whole(TARGET + ", temperature: 0.5}]}}" + always)).isEqualTo("miss");
    assertThat(whole(TARGET + ", max_tokens: 5}]}}" + always)).isEqualTo("miss");
    assertThat(stream(TARGET + ", max_tokens: 5}]}}" + always)).isEqualTo("hit");
    assertThat(whole(TARGET + "}]}}")).isEqualTo("nothing said");
    assertThat(a.asked).hasSize(5);
  }

  private String whole(String yaml) throws Exception {
    try (CallScope call = Calls.open("c", clock, Duration.ofHours(1))) {
      assertThat(gateway(yaml).complete(ask("r", "hi"), call).text()).isEqualTo("hello");
      return outcome(call);
    }
  }

  private String stream(String yaml) throws Exception {
    try (CallScope call = Calls.open("c", clock, Duration.ofHours(1));
        var stream = gateway(yaml).stream(ask("r", "hi"), call)) {
      var text = new StringBuilder();
      for (StreamEvent e = stream.next(); !(e instanceof StreamEvent.Done); e = stream.next()) {
        text.append(e instanceof StreamEvent.TextDelta(String more, _) ? more : "");
      }
      assertThat(text).hasToString("hello");
      return outcome(call);
    }
  }

  /** The answer is kept after its end was told. */
  private String outcome(CallScope call) {
    GatewayFixture.await(() -> telemetry.metrics().sum("llm_cache_flights").orElse(0) == 0);
    return call.notes().getOrDefault("x-llm-cache", "nothing said");
  }

  private Gateway gateway(String yaml) {
    var config = TestConfig.yaml(yaml);
    var gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(new ProviderSetup.Ready(a)),
            new Gateway.Routing(config.root(), new Random(1)),
            Catalogue.EMPTY,
            telemetry,
            clock,
            IdSource.RANDOM,
            _ -> {});
    assertThat(config.problems()).isEmpty();
    gateway.keepAnswersIn(values);
    return gateway;
  }
}

package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import llm.core.testkit.TestConfig;
import llm.core.trace.Collector;
import llm.core.trace.Tracing;
import llm.core.trace.TracingSettings;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Span;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** O-3: the span of a question to a model, and that it ends on every path. */
@Timeout(60)
class SpansOfCallsTest {
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);
  private static final int ROUNDS = 400;
  private static final Duration BUDGET = Duration.ofHours(1);

  private final ConcurrentLinkedQueue<String> bodies = new ConcurrentLinkedQueue<>();

  private Tracing open(GatewayFixture fixture, String yaml) {
    Collector collector =
        body -> {
          bodies.add(new String(body, StandardCharsets.UTF_8));
          return new Collector.Answer(200, Optional.empty(), "{}");
        };
    var root = TestConfig.yaml("tracing:\n  endpoint: http://c\n  batch_ms: 1\n" + yaml).root();
    return Tracing.open(
        TracingSettings.read(root),
        collector,
        fixture.telemetry,
        fixture.clock,
        IdSource.RANDOM,
        "1");
  }

  @Test
  void tellsOfAChatByTheConventions() throws Exception {
    var fixture =
        GatewayFixture.with(
            TestProvider.playing(
                "m",
                new StreamEvent.Started("m-1"),
                new StreamEvent.TextDelta("Hello"),
                new StreamEvent.Done(FinishReason.STOP, Usage.of(3, 2))));
    try (var tracing = open(fixture, "  capture_content: true\n")) {
      Span above = tracing.begin("above", Span.Kind.SERVER, Optional.empty());
      Call call = fixture.call.child(BUDGET, above);
      fixture.gateway.complete(GatewayFixture.ask("m", "hi"), call);
      above.end();
    }
    assertThat(String.join("", bodies))
        .contains("\"name\":\"chat m\",\"kind\":3")
        .contains("{\"key\":\"gen_ai.operation.name\",\"value\":{\"stringValue\":\"chat\"}}")
        .contains("{\"key\":\"gen_ai.provider.name\",\"value\":{\"stringValue\":\"m\"}}")
        .contains("{\"key\":\"gen_ai.response.model\",\"value\":{\"stringValue\":\"m-1\"}}")
        .contains("{\"key\":\"gen_ai.usage.input_tokens\",\"value\":{\"intValue\":\"3\"}}")
        .contains("gen_ai.response.time_to_first_chunk")
        .contains("\"values\":[{\"stringValue\":\"stop\"}]")
        .contains("[{\\\"role\\\":\\\"user\\\",\\\"parts\\\":[{\\\"type\\\":\\\"text\\\"")
        .contains("\\\"content\\\":\\\"Hello\\\"}],\\\"finish_reason\\\":\\\"stop\\\"}]");
  }

  @Test
  void keepsWhatWasSaidToItselfUnlessToldOtherwise() throws Exception {
    var fixture =
        GatewayFixture.with(
            TestProvider.playing(
                "m",
                new StreamEvent.TextDelta("secret answer"),
                new StreamEvent.Done(FinishReason.STOP, Usage.NONE)));
    try (var tracing = open(fixture, "")) {
      Span above = tracing.begin("above", Span.Kind.SERVER, Optional.empty());
      fixture.gateway.complete(
          GatewayFixture.ask("m", "secret question"), fixture.call.child(BUDGET, above));
      above.end();
    }
    assertThat(String.join("", bodies)).contains("chat m").doesNotContain("secret");
  }

  @Test
  void endsEverySpanThatItBegins() {
    var random = new SplittableRandom(SEED);
    var provider = TestProvider.of("m", (_, call) -> answer(random, call));
    var fixture = GatewayFixture.with(provider);
    try (var tracing = open(fixture, "")) {
      for (int round = 0; round < ROUNDS; round++) {
        Span above = tracing.begin("above", Span.Kind.SERVER, Optional.empty());
        Call call = fixture.call.child(BUDGET, above);
        run(fixture, call, random);
        call.end();
        above.end();
        assertThat(fixture.telemetry.metrics().prometheusText())
            .as("seed %s, round %s", SEED, round)
            .contains("llm_trace_spans_open 0\n");
      }
    }
  }

  private static void run(GatewayFixture fixture, Call call, SplittableRandom random) {
    int events = random.nextInt(6);
    int way = random.nextInt(4);
    if (random.nextInt(8) == 0) {
      call.cancel(CancelReason.CLIENT_GONE);
    }
    try (EventStream<StreamEvent> stream =
        fixture.gateway.stream(GatewayFixture.ask("m", "hi"), call)) {
      for (int i = 0; way == 0 || i < events; i++) {
        if (stream.next() instanceof StreamEvent.Terminal) {
          return;
        }
        if (way == 1 && i == 2) {
          call.cancel(CancelReason.values()[random.nextInt(CancelReason.values().length)]);
        }
        if (way == 2 && i == 1) {
          leave(stream);
        }
      }
    } catch (LlmException | IllegalStateException _) {
      // a refusal, or a fault of the provider's that goes through: the span has ended all the same
    }
  }

  /** As another thread might, while the consumer goes on. */
  private static void leave(EventStream<StreamEvent> stream) {
    stream.close();
  }

  private static EventStream<StreamEvent> answer(SplittableRandom random, Call call)
      throws LlmException {
    switch (random.nextInt(8)) {
      case 0 -> throw new LlmException(new LlmError.ProviderFailed("m", "It broke."));
      case 1 -> throw new IllegalStateException("a bug of the provider's");
      default -> {
        // it answers
      }
    }
    List<StreamEvent> events = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      events.add(new StreamEvent.TextDelta("x"));
    }
    events.add(
        random.nextBoolean()
            ? new StreamEvent.Done(FinishReason.STOP, Usage.of(1, 1))
            : new StreamEvent.Failed(new LlmError.ProviderFailed("m", "cut"), Usage.NONE));
    return new TestProvider.Played(events.toArray(StreamEvent[]::new));
  }
}

package llm.core.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import java.util.UUID;
import llm.core.telemetry.Level;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;
import llm.domain.error.ErrorCode;
import llm.domain.interaction.LlmEvent;
import llm.domain.interaction.LlmRequestId;
import llm.domain.model.ModelName;
import llm.domain.model.TokenLimit;
import org.junit.jupiter.api.Test;

/** D-4: the eight domain events reach a subscriber, which shows them. */
class LlmEventLogTest {
  private static final UUID ID = new UUID(1, 2);
  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.006Z");
  private static final LlmRequestId REQUEST = new LlmRequestId(new UUID(3, 4));
  private static final ModelName MODEL = new ModelName("gpt-4o");

  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  @Test
  void showsEachOfTheEightEventsAtDebug() throws Exception {
    var events =
        List.of(
            new LlmEvent.LlmRequestCreated(ID, AT, REQUEST, MODEL, 3, 1),
            new LlmEvent.LlmRequestValidated(ID, AT, REQUEST, MODEL, 12, new TokenLimit(100)),
            new LlmEvent.LlmInteractionStarted(ID, AT, REQUEST, MODEL),
            new LlmEvent.LlmRequestSent(ID, AT, REQUEST, "mock", MODEL, 2),
            new LlmEvent.LlmResponseReceived(ID, AT, REQUEST, "mock", MODEL, 2, 1.5),
            new LlmEvent.LlmResponseProcessed(
                ID, AT, REQUEST, MODEL, FinishReason.STOP, Usage.of(12, 5)),
            new LlmEvent.LlmInteractionCompleted(
                ID, AT, REQUEST, MODEL, 20.25, 17, OptionalDouble.of(0.00012)),
            new LlmEvent.LlmInteractionFailed(
                ID, AT, REQUEST, MODEL, 20.25, 12, ErrorCode.PROVIDER_FAILED, "It failed."));
    assertThat(events.stream().map(Object::getClass).distinct())
        .as("every kind there is")
        .hasSize(LlmEvent.class.getPermittedSubclasses().length);
    try (var bus = new EventBus(telemetry)) {
      bus.subscribe("log", LlmEvent.class, new LlmEventLog(telemetry));
      events.forEach(bus::publish);
      assertThat(bus.flush(Duration.ofSeconds(10))).isTrue();
    }
    assertThat(telemetry.trail())
        .containsExactly(
            "llm_request_created",
            "llm_request_validated",
            "llm_interaction_started",
            "llm_request_sent",
            "llm_response_received",
            "llm_response_processed",
            "llm_interaction_completed",
            "llm_interaction_failed");
    for (var shown : telemetry.events()) {
      assertThat(shown.level()).isEqualTo(Level.DEBUG);
      assertThat(shown.logger()).isEqualTo("llm.interaction");
      assertThat(shown.fields())
          .contains(
              entry("event_id", ID.toString()),
              entry("occurred_at", AT.toString()),
              entry("llm_request_id", REQUEST.value()),
              entry("model", "gpt-4o"));
    }
    assertThat(telemetry.events("llm_interaction_completed").getFirst().fields())
        .contains(entry("cost_usd", "0.00012"), entry("tokens_used", 17L));
    assertThat(telemetry.events("llm_interaction_failed").getFirst().fields())
        .contains(entry("code", "provider_failed"), entry("message", "It failed."));
  }

  @Test
  void anUnknownPriceIsLeftOut() {
    new LlmEventLog(telemetry)
        .accept(
            new LlmEvent.LlmInteractionCompleted(
                ID, AT, REQUEST, MODEL, 1, 1, OptionalDouble.empty()));
    assertThat(telemetry.events().getFirst().fields()).doesNotContainKey("cost_usd");
  }
}

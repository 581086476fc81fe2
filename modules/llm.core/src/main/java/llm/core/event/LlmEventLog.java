package llm.core.event;

import java.math.BigDecimal;
import java.util.function.Consumer;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.interaction.LlmEvent;
import llm.domain.interaction.LlmEvent.LlmInteractionCompleted;
import llm.domain.interaction.LlmEvent.LlmInteractionFailed;
import llm.domain.interaction.LlmEvent.LlmInteractionStarted;
import llm.domain.interaction.LlmEvent.LlmRequestCreated;
import llm.domain.interaction.LlmEvent.LlmRequestSent;
import llm.domain.interaction.LlmEvent.LlmRequestValidated;
import llm.domain.interaction.LlmEvent.LlmResponseProcessed;
import llm.domain.interaction.LlmEvent.LlmResponseReceived;

/**
 * The subscriber that shows what happens to requests in the log of {@code llm.interaction}, at
 * DEBUG: one event each, named as the domain's in snake_case, without what was said.
 */
public final class LlmEventLog implements Consumer<LlmEvent> {
  private final Log log;

  /** Writes to the log of {@code llm.interaction}. */
  public LlmEventLog(Telemetry telemetry) {
    this.log = telemetry.log("llm.interaction");
  }

  /** Whether the log takes these events now. */
  public boolean isOn() {
    return log.enabled(Level.DEBUG);
  }

  @Override
  public void accept(LlmEvent event) {
    if (isOn()) {
      show(event).emit();
    }
  }

  private Log.Entry show(LlmEvent event) {
    return switch (event) {
      case LlmRequestCreated created ->
          begin("llm_request_created", event)
              .put("model", created.model().value())
              .put("messages", created.messages())
              .put("tools", created.tools());
      case LlmRequestValidated validated ->
          begin("llm_request_validated", event)
              .put("model", validated.model().value())
              .put("prompt_tokens", validated.promptTokens())
              .put("output_budget", validated.outputBudget().value());
      case LlmInteractionStarted started ->
          begin("llm_interaction_started", event).put("model", started.model().value());
      case LlmRequestSent sent ->
          begin("llm_request_sent", event)
              .put("provider", sent.provider())
              .put("model", sent.model().value())
              .put("attempt", sent.attempt());
      case LlmResponseReceived received ->
          begin("llm_response_received", event)
              .put("provider", received.provider())
              .put("model", received.model().value())
              .put("attempt", received.attempt())
              .put("waited_ms", received.waitedMs());
      case LlmResponseProcessed processed ->
          begin("llm_response_processed", event)
              .put("model", processed.model().value())
              .put("finish_reason", processed.finishReason().wireName())
              .put("prompt_tokens", processed.usage().promptTokens())
              .put("completion_tokens", processed.usage().completionTokens());
      case LlmInteractionCompleted completed -> ended(completed);
      case LlmInteractionFailed failed ->
          begin("llm_interaction_failed", event)
              .put("model", failed.model().value())
              .put("duration_ms", failed.durationMs())
              .put("tokens_used", failed.tokensUsed())
              .put("code", failed.code().wireName())
              .put("message", failed.message());
    };
  }

  private Log.Entry ended(LlmInteractionCompleted completed) {
    Log.Entry entry =
        begin("llm_interaction_completed", completed)
            .put("model", completed.model().value())
            .put("duration_ms", completed.durationMs())
            .put("tokens_used", completed.tokensUsed());
    completed.cost().ifPresent(dollars -> entry.put("cost_usd", plain(dollars)));
    return entry;
  }

  /** As text: a number field keeps three decimals, and a request may cost less than that. */
  private static String plain(double dollars) {
    return BigDecimal.valueOf(dollars).toPlainString();
  }

  private Log.Entry begin(String name, LlmEvent event) {
    return log.debug(name)
        .put("event_id", event.eventId().toString())
        .put("occurred_at", event.occurredAt().toString())
        .put("llm_request_id", event.requestId().value());
  }
}

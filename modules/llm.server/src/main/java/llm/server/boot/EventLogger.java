package llm.server.boot;

import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.domain.interaction.LlmEvent;
import llm.domain.interaction.LlmEvent.LlmInteractionCompleted;
import llm.domain.interaction.LlmEvent.LlmInteractionFailed;
import llm.domain.interaction.LlmEvent.LlmInteractionStarted;
import llm.domain.interaction.LlmEvent.LlmRequestCreated;
import llm.domain.interaction.LlmEvent.LlmRequestSent;
import llm.domain.interaction.LlmEvent.LlmRequestValidated;
import llm.domain.interaction.LlmEvent.LlmResponseProcessed;
import llm.domain.interaction.LlmEvent.LlmResponseReceived;

/** D-4: writes the domain's events to the log, at DEBUG. Thread-safe. */
final class EventLogger {
  private final Log log;

  EventLogger(Log log) {
    this.log = log;
  }

  void accept(LlmEvent event) {
    if (log.enabled(Level.DEBUG)) {
      fields(event).emit();
    }
  }

  private Log.Entry fields(LlmEvent event) {
    return switch (event) {
      case LlmRequestCreated e ->
          begin("llm_request_created", e, e.model().value())
              .put("messages", e.messages())
              .put("tools", e.tools());
      case LlmRequestValidated e ->
          begin("llm_request_validated", e, e.model().value())
              .put("prompt_tokens", e.promptTokens())
              .put("output_budget", e.outputBudget().value());
      case LlmInteractionStarted e -> begin("llm_interaction_started", e, e.model().value());
      case LlmRequestSent e ->
          begin("llm_request_sent", e, e.model().value())
              .put("provider", e.provider())
              .put("attempt", e.attempt());
      case LlmResponseReceived e ->
          begin("llm_response_received", e, e.model().value())
              .put("provider", e.provider())
              .put("attempt", e.attempt())
              .put("waited_ms", e.waitedMs());
      case LlmResponseProcessed e ->
          begin("llm_response_processed", e, e.model().value())
              .put("finish_reason", e.finishReason().wireName())
              .put("prompt_tokens", e.usage().promptTokens())
              .put("completion_tokens", e.usage().completionTokens());
      case LlmInteractionCompleted e ->
          begin("llm_interaction_completed", e, e.model().value())
              .put("duration_ms", e.durationMs())
              .put("tokens_used", e.tokensUsed());
      case LlmInteractionFailed e ->
          begin("llm_interaction_failed", e, e.model().value())
              .put("duration_ms", e.durationMs())
              .put("tokens_used", e.tokensUsed())
              .put("code", e.code().wireName())
              .put("message", e.message());
    };
  }

  private Log.Entry begin(String name, LlmEvent event, String model) {
    return log.debug(name)
        .put("event_id", event.eventId().toString())
        .put("llm_request_id", event.requestId().value())
        .put("model", model);
  }
}

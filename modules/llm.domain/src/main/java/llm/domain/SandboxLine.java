package llm.domain;

import java.time.Instant;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import llm.domain.chat.JsonText;
import llm.domain.interaction.LlmEvent;
import llm.domain.interaction.LlmEvent.LlmInteractionCompleted;
import llm.domain.interaction.LlmEvent.LlmInteractionFailed;
import llm.domain.interaction.LlmEvent.LlmInteractionStarted;
import llm.domain.interaction.LlmEvent.LlmRequestCreated;
import llm.domain.interaction.LlmEvent.LlmRequestSent;
import llm.domain.interaction.LlmEvent.LlmRequestValidated;
import llm.domain.interaction.LlmEvent.LlmResponseProcessed;
import llm.domain.interaction.LlmEvent.LlmResponseReceived;
import llm.domain.text.JsonWriter;

/** One event of the sandbox as a JSON line; begun by the constructor, ended by {@link #emit}. */
final class SandboxLine {
  private final JsonWriter json = new JsonWriter().beginObject();
  private final Consumer<String> out;

  SandboxLine(String event, Instant at, Consumer<String> out) {
    this.out = out;
    put("ts", at.toString());
    put("level", "INFO");
    put("logger", "llm.domain");
    put("event", event);
  }

  /** A domain event under its own name, with its own time. */
  static SandboxLine of(LlmEvent event, Consumer<String> out) {
    var line = new SandboxLine(event.getClass().getSimpleName(), event.occurredAt(), out);
    line.put("event_id", event.eventId().toString());
    line.put("request_id", event.requestId().value());
    return switch (event) {
      case LlmRequestCreated e ->
          line.put("model", e.model().value())
              .put("messages", e.messages())
              .put("tools", e.tools());
      case LlmRequestValidated e ->
          line.put("model", e.model().value())
              .put("prompt_tokens", e.promptTokens())
              .put("output_budget", e.outputBudget().value());
      case LlmInteractionStarted e -> line.put("model", e.model().value());
      case LlmRequestSent e ->
          line.put("provider", e.provider())
              .put("model", e.model().value())
              .put("attempt", e.attempt());
      case LlmResponseReceived e ->
          line.put("provider", e.provider())
              .put("attempt", e.attempt())
              .put("waited_ms", e.waitedMs());
      case LlmResponseProcessed e ->
          line.put("finish_reason", e.finishReason().wireName())
              .put("prompt_tokens", e.usage().promptTokens())
              .put("completion_tokens", e.usage().completionTokens());
      case LlmInteractionCompleted e ->
          line.put("duration_ms", e.durationMs())
              .put("tokens_used", e.tokensUsed())
              .put("cost_usd", e.cost());
      case LlmInteractionFailed e ->
          line.put("duration_ms", e.durationMs())
              .put("tokens_used", e.tokensUsed())
              .put("code", e.code().wireName())
              .put("message", e.message());
    };
  }

  SandboxLine put(String name, String value) {
    json.name(name).value(value);
    return this;
  }

  SandboxLine put(String name, long value) {
    json.name(name).value(value);
    return this;
  }

  SandboxLine put(String name, double value) {
    json.name(name).value(value);
    return this;
  }

  SandboxLine put(String name, boolean value) {
    json.name(name).value(value);
    return this;
  }

  SandboxLine put(String name, JsonText value) {
    json.name(name).value(value);
    return this;
  }

  /** Nothing when there is no value. */
  SandboxLine put(String name, OptionalDouble value) {
    value.ifPresent(number -> json.name(name).value(number));
    return this;
  }

  void emit() {
    out.accept(json.endObject().toJson().value());
  }
}

package llm.domain.interaction;

import java.util.HashSet;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.model.ModelSpec;
import llm.domain.text.Excerpt;

/** What the parts of a request, each legal by itself, must also be to each other. */
final class RequestRules {
  private RequestRules() {}

  /** The first rule that {@code request} breaks, for a model of this kind. */
  static Optional<LlmError> firstBroken(ChatRequest request, ModelSpec spec) {
    return toolsAreNamedOnce(request)
        .or(() -> toolChoiceIsOffered(request))
        .or(() -> resultsAnswerCalls(request))
        .or(() -> modelCallsTools(request, spec));
  }

  private static Optional<LlmError> toolsAreNamedOnce(ChatRequest request) {
    var names = new HashSet<String>();
    for (int i = 0; i < request.tools().size(); i++) {
      String name = request.tools().get(i).name();
      if (!names.add(name)) {
        return invalid(
            "tools[" + i + "].name", "tool " + Excerpt.of(name) + " is there twice; name it once");
      }
    }
    return Optional.empty();
  }

  private static Optional<LlmError> toolChoiceIsOffered(ChatRequest request) {
    return switch (request.toolChoice()) {
      case ToolChoice.Auto _ -> Optional.empty();
      case ToolChoice.None _ -> Optional.empty();
      case ToolChoice.Required _ ->
          request.tools().isEmpty()
              ? invalid("tool_choice", "a tool must be called, but tools offers none")
              : Optional.empty();
      case ToolChoice.Named(String name) ->
          request.tools().stream().map(ToolDefinition::name).anyMatch(name::equals)
              ? Optional.empty()
              : invalid(
                  "tool_choice",
                  "tool " + Excerpt.of(name) + " must be called, but tools does not offer it");
    };
  }

  private static Optional<LlmError> resultsAnswerCalls(ChatRequest request) {
    var calls = new HashSet<String>();
    for (int i = 0; i < request.messages().size(); i++) {
      Message message = request.messages().get(i);
      for (ToolCall call : message.toolCalls()) {
        calls.add(call.id());
      }
      var orphan = message.toolCallId().filter(id -> !calls.contains(id));
      if (orphan.isPresent()) {
        return invalid(
            "messages[" + i + "].tool_call_id",
            "no assistant message before this one makes a call " + Excerpt.of(orphan.get()));
      }
    }
    return Optional.empty();
  }

  private static Optional<LlmError> modelCallsTools(ChatRequest request, ModelSpec spec) {
    if (request.tools().isEmpty() || spec.tools()) {
      return Optional.empty();
    }
    return Optional.of(
        new LlmError.Unsupported(
            "tools",
            "model "
                + Excerpt.of(request.model().value())
                + " does not call tools; leave tools out or ask another model"));
  }

  private static Optional<LlmError> invalid(String path, String message) {
    return Optional.of(LlmError.InvalidRequest.at(path, message));
  }
}

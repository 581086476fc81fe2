package llm.core.gateway;

import java.util.List;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ToolChoice;
import llm.domain.interaction.LlmRequest;

/** What of a request goes to the provider. */
final class WireRequest {
  private WireRequest() {}

  /** Tools that may not be called need not be offered to a model that does not call tools. */
  static ChatRequest withoutUnusableTools(ChatRequest request, Route route) {
    boolean unused = request.toolChoice() instanceof ToolChoice.None && !route.spec().tools();
    return unused ? request.withTools(List.of()) : request;
  }

  /**
   * The validated request with its output limit: the least of what was asked, the model's maximum
   * and what the prompt leaves of the window. No limit is added where the model's own one holds,
   * unless the provider needs one.
   */
  static ChatRequest limited(LlmRequest validated, Route route) {
    ChatRequest request = validated.chat();
    if (route.counts()) {
      return request;
    }
    int budget = validated.outputBudget().orElseThrow().value();
    boolean isModelsOwn = request.maxTokens().isEmpty() && budget == route.spec().maxOutputTokens();
    return isModelsOwn && !route.provider().needsOutputLimit()
        ? request
        : request.withMaxTokens(budget);
  }
}

package llm.providers.anthropic;

import java.util.HashMap;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;

/**
 * A request that goes on from a last message of the assistant. The API takes none together with
 * thinking (https://platform.claude.com/docs/en/build-with-claude/extended-thinking); where there
 * is text already, there is nothing left to think before.
 */
final class Prefill {
  private static final String THINKING = "thinking";

  private Prefill() {}

  /** The request as the API takes it; any other one as it is. */
  static ChatRequest of(ChatRequest request) {
    if (!request.form().continues()) {
      return request;
    }
    ChatRequest bare = request.withForm(request.form().withoutThinking());
    var fields = new HashMap<>(bare.extensions().fields());
    return fields.remove(THINKING) == null
        ? bare
        : bare.withExtensions(Extensions.of(bare.extensions().dialect(), fields));
  }
}

package llm.core.dialect.anthropic.upstream;

import java.util.List;
import llm.domain.chat.Message;
import llm.domain.chat.Role;

/**
 * Whether a model may think on when results of tools come back. With a budget for thoughts the API
 * wants those that led to the calls back, and refuses the request without them; callers of other
 * dialects have no signed thoughts to give. Adaptive thinking does without
 * (https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking).
 */
public final class Rethinking {
  private Rethinking() {}

  /** Whether the last answer called tools, and the thoughts before it are not there. */
  public static boolean isBarred(List<Message> messages) {
    int at = messages.size() - 1;
    while (at >= 0 && messages.get(at).role() != Role.ASSISTANT) {
      at--;
    }
    if (at < 0 || messages.get(at).toolCalls().isEmpty()) {
      return false;
    }
    while (at > 0 && messages.get(at - 1).role() == Role.ASSISTANT) {
      at--; // messages of one speaker are one
    }
    return messages.get(at).thoughts().stream().noneMatch(BlockWriter::isKept);
  }

  /**
   * Whether an effort that {@code model} is asked for does not reach it, as far as its name tells.
   */
  public static boolean isLost(String model, List<Message> messages) {
    return ThinkingStyle.AUTO.of(model) == ThinkingStyle.BUDGET && isBarred(messages);
  }
}

package llm.core.dialect.anthropic;

import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ToolCall;
import llm.domain.content.Thought;

/** One block of a message's content, in our types. */
sealed interface Block {
  /** What is said or shown. */
  record Says(Part part) implements Block {}

  /** Reasoning of an earlier answer. */
  record Thinks(Thought thought) implements Block {}

  /** A call of a tool. */
  record Calls(ToolCall call) implements Block {}

  /** The result of a call, as the message of its own that it is elsewhere. */
  record Results(Message message) implements Block {}

  /** Where it stands in a message that has thoughts first and calls last. */
  default int rank() {
    return switch (this) {
      case Thinks _ -> 0;
      case Says _ -> 1;
      case Calls _, Results _ -> 2;
    };
  }
}

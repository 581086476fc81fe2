package llm.core.dialect.openai.upstream;

import java.util.ArrayList;
import java.util.List;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.error.LlmException;

/**
 * Images in results of tools. A tool's message takes words alone here
 * (https://platform.openai.com/docs/api-reference/chat/create), so they follow in a user's message
 * behind the results, which must stand together. Not thread-safe; one request each.
 */
final class ToolImages {
  private final List<Part> waiting = new ArrayList<>();

  ToolImages() {}

  /** The message without images that have to wait; they are kept for {@link #flush}. */
  Message words(Message message) {
    boolean has =
        message.role() == Role.TOOL
            && message.parts().stream().anyMatch(Part.Image.class::isInstance);
    if (!has) {
      return message;
    }
    String of = message.toolCallId().orElseThrow();
    waiting.add(new Part.Text("Images in the result of tool call " + of + ":"));
    var words = new ArrayList<Part>();
    for (Part part : message.parts()) {
      (part instanceof Part.Image ? waiting : words).add(part);
    }
    return new Message(
        message.role(),
        words,
        message.toolCalls(),
        message.toolCallId(),
        message.failed(),
        message.name(),
        message.thoughts(),
        message.extensions());
  }

  /** Writes what waits as a user's message, unless {@code next} is another result. */
  void flush(Role next, JsonOut out) throws LlmException {
    if (waiting.isEmpty() || next == Role.TOOL) {
      return;
    }
    out.object().field("role", Role.USER.wireName());
    PartWriter.content(Message.of(Role.USER, waiting), out);
    out.endObject();
    waiting.clear();
  }
}

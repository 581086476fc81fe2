package llm.core.dialect.anthropic.upstream;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.Thought;
import llm.domain.error.LlmException;

/**
 * Writes the conversation: system messages first, but those behind a turn of the user where the
 * model takes them there
 * (https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-8); results of tools
 * into the user's turn, as the API wants them, before what the user says. Parts and messages
 * without a word are left out, since the API refuses them; a turn of the user that has nothing else
 * is refused.
 */
final class TurnWriter {
  private final List<Message> messages;
  private final JsonOut out;
  private final BlockWriter blocks;
  private final boolean takesLate;

  /**
   * A writer of {@code messages}.
   *
   * @param takesLate whether the model takes messages of the system behind the user's
   */
  TurnWriter(List<Message> messages, boolean takesLate, JsonOut out) {
    this.messages = messages;
    this.takesLate = takesLate;
    this.out = out;
    this.blocks = new BlockWriter(out);
  }

  /** Adds {@code system}, where there is a word in it. */
  void system() throws LlmException {
    int[] said = indices(true);
    if (said.length == 0) {
      return;
    }
    out.name("system");
    if (said.length == 1 && isWords(messages.get(said[0]))) {
      out.value(messages.get(said[0]).text());
      return;
    }
    out.array();
    for (int index : said) {
      for (Part part : messages.get(index).parts()) {
        if (part instanceof Part.Image) {
          throw MessagesRequestWriter.unsupported(
              path(index), "images in system messages; send them in one of the user");
        }
        blocks.part(part, path(index));
      }
    }
    out.endArray();
  }

  /** Adds {@code messages}, of which there must be one. */
  void messages() throws LlmException {
    out.name("messages").array();
    int[] turns = indices(false);
    if (Arrays.stream(turns).allMatch(this::isLeftOut)) {
      throw MessagesRequestWriter.unsupported(
          "messages", "conversations without a word of the user or the model; send a message");
    }
    for (int i = 0; i < turns.length; i++) {
      switch (messages.get(turns[i]).role()) {
        case SYSTEM, USER -> plain(turns[i]);
        case ASSISTANT -> assistant(turns[i]);
        case TOOL -> i = results(turns, i);
      }
    }
    out.endArray();
  }

  private int[] indices(boolean system) {
    return IntStream.range(0, messages.size())
        .filter(i -> (messages.get(i).role() == Role.SYSTEM && !isLate(i)) == system)
        .filter(i -> !system || says(messages.get(i)))
        .toArray();
  }

  /** Whether it stands where the API takes messages of the system: right behind the user's turn. */
  private boolean isLate(int index) {
    if (!takesLate || !says(messages.get(index))) {
      return false;
    }
    int before = index;
    while (before >= 0 && messages.get(before).role() == Role.SYSTEM) {
      before--;
    }
    return before >= 0 && messages.get(before).role() != Role.ASSISTANT;
  }

  /**
   * Writes results from {@code from} on as one turn of the user, what the user says then with it.
   *
   * @return the last place that was written
   */
  private int results(int[] turns, int from) throws LlmException {
    out.object().field("role", "user").name("content").array();
    int next = from;
    while (next < turns.length && messages.get(turns[next]).role() == Role.TOOL) {
      blocks.result(messages.get(turns[next]), path(turns[next]));
      next++;
    }
    boolean more = next < turns.length && messages.get(turns[next]).role() == Role.USER;
    if (!more) {
      out.endArray().endObject();
      return next - 1;
    }
    Message user = messages.get(turns[next]);
    for (Part part : user.parts()) {
      blocks.part(part, path(turns[next]));
    }
    out.endArray();
    blocks.more(user.extensions());
    out.endObject();
    return next;
  }

  private void plain(int index) throws LlmException {
    Message message = messages.get(index);
    if (!says(message)) {
      throw MessagesRequestWriter.unsupported(
          path(index), "messages of the user without a word; say something");
    }
    out.object().field("role", message.role().wireName()).name("content");
    if (isWords(message)) {
      out.value(message.text());
    } else {
      out.array();
      for (Part part : message.parts()) {
        blocks.part(part, path(index));
      }
      out.endArray();
    }
    blocks.more(message.extensions());
    out.endObject();
  }

  private boolean isLeftOut(int index) {
    Message message = messages.get(index);
    return message.role() == Role.ASSISTANT && !says(message) && isBare(message);
  }

  /** Whether an answer is its words alone. */
  private static boolean isBare(Message message) {
    return message.toolCalls().isEmpty()
        && message.thoughts().stream().noneMatch(BlockWriter::isKept);
  }

  private void assistant(int index) throws LlmException {
    Message message = messages.get(index);
    if (isLeftOut(index)) {
      return;
    }
    if (isBare(message)) {
      plain(index);
      return;
    }
    out.object().field("role", "assistant").name("content").array();
    for (Thought thought : message.thoughts()) {
      blocks.thought(thought);
    }
    for (Part part : message.parts()) {
      blocks.part(part, path(index));
    }
    for (ToolCall call : message.toolCalls()) {
      blocks.call(call);
    }
    out.endArray();
    blocks.more(message.extensions());
    out.endObject();
  }

  private static boolean says(Message message) {
    return message.parts().stream().anyMatch(BlockWriter::says);
  }

  /** Whether it is a text with nothing beside it. */
  private static boolean isWords(Message message) {
    return message.parts().size() == 1
        && message.parts().getFirst() instanceof Part.Text text
        && text.extensions().in(Dialect.ANTHROPIC).isEmpty();
  }

  private static String path(int index) {
    return "messages[" + index + "].content";
  }
}

package llm.core.dialect.anthropic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * One message of the dialect, which may be several of ours: results of tools stand in a user's
 * message there and are messages of their own here. Not thread-safe; one message each.
 */
final class Turn {
  private final Undone undone;
  private final Map<String, JsonText> others = new LinkedHashMap<>();
  private final List<Block> blocks = new ArrayList<>();
  private Optional<String> role = Optional.empty();
  private Role speaker = Role.USER;
  private boolean hasContent;

  private Turn(Undone undone) {
    this.undone = undone;
  }

  /** The messages of the array the cursor stands on. */
  static List<Turn> turns(JsonCursor in, Undone undone) throws LlmException {
    var turns = new ArrayList<Turn>();
    in.array(_ -> turns.add(new Turn(undone).read(in)));
    if (turns.isEmpty()) {
      throw in.refusal("messages must hold at least one message");
    }
    if (turns.getLast().speaker == Role.ASSISTANT) {
      undone.exceptByAnthropic(() ->
          Refusals.unsupported(
              in.path() + "[" + (turns.size() - 1) + "]",
              "answers whose beginning the caller writes (a last message of role assistant)"));
    }
    return turns;
  }

  /**
   * Our messages for it.
   *
   * @param inOrder whether thoughts, words and calls that stand in another order than that one keep
   *     it, as several messages of one speaker; else they are one message
   */
  List<Message> messages(boolean inOrder) {
    return switch (speaker) {
      case ASSISTANT -> inOrder ? inOrder() : List.of(assistant(blocks));
      default -> others();
    };
  }

  private Turn read(JsonCursor in) throws LlmException {
    in.object(field -> take(field, in));
    speaker = speaker(in);
    if (!hasContent) {
      throw Refusals.missing(in, "content", "every message needs it");
    }
    for (int i = 0; i < blocks.size(); i++) {
      place(in.path("content") + "[" + i + "]", blocks.get(i));
    }
    boolean resultsAlone = blocks.stream().allMatch(Block.Results.class::isInstance);
    if (!others.isEmpty() && resultsAlone && !blocks.isEmpty()) {
      throw Refusals.misplaced(
          in.path(others.keySet().iterator().next()), "a message of results has no such field");
    }
    return this;
  }

  private void take(String field, JsonCursor in) throws LlmException {
    switch (field) {
      case "role" -> role = Optional.of(in.string());
      case "content" -> content(in);
      default -> {
        String what = "the message field '" + Excerpt.shortened(field) + "'";
        undone.exceptByAnthropic(() -> Refusals.unsupported(in.path(), what));
        others.put(field, in.cut());
      }
    }
  }

  private void content(JsonCursor in) throws LlmException {
    hasContent = true;
    if (in.isString()) {
      String text = in.string();
      if (!text.isEmpty()) {
        blocks.add(new Block.Says(new Part.Text(text)));
      }
    } else if (in.isArray()) {
      in.array(_ -> blocks.add(BlockReader.block(in, undone)));
    } else {
      throw in.expected("a string or an array of blocks");
    }
  }

  private Role speaker(JsonCursor in) throws LlmException {
    String name =
        role.orElseThrow(() -> Refusals.missing(in, "role", "it is user, assistant or system"));
    return switch (name) {
      case "user" -> Role.USER;
      case "assistant" -> Role.ASSISTANT;
      case "system" -> Role.SYSTEM;
      default -> {
        String path = in.path("role");
        throw new LlmException(
            LlmError.InvalidRequest.at(
                path,
                path + " '" + Excerpt.shortened(name) + "' must be user, assistant or system"));
      }
    };
  }

  private void place(String path, Block block) throws LlmException {
    switch (block) {
      case Block.Says _ -> {
        // everybody may say something
      }
      case Block.Results _ -> {
        if (speaker != Role.USER) {
          throw Refusals.misplaced(path, "results of tools stand in messages of the user");
        }
      }
      case Block.Calls _, Block.Thinks _ -> {
        if (speaker != Role.ASSISTANT) {
          throw Refusals.misplaced(
              path, "calls of tools and thoughts stand in messages of the assistant");
        }
      }
    }
  }

  private List<Message> others() {
    var messages = new ArrayList<Message>();
    var parts = new ArrayList<Part>();
    for (Block block : blocks) {
      if (block instanceof Block.Results(Message result)) {
        messages.add(result);
      } else if (block instanceof Block.Says(Part part)) {
        parts.add(part);
      }
    }
    if (messages.isEmpty() || !parts.isEmpty()) {
      messages.add(Message.of(speaker, parts).withExtensions(extensions()));
    }
    return messages;
  }

  private List<Message> inOrder() {
    var messages = new ArrayList<Message>();
    int from = 0;
    for (int i = 1; i < blocks.size(); i++) {
      if (blocks.get(i).rank() < blocks.get(i - 1).rank()) {
        messages.add(assistant(blocks.subList(from, i)).withExtensions(Extensions.NONE));
        from = i;
      }
    }
    messages.add(assistant(blocks.subList(from, blocks.size())));
    return messages;
  }

  private Message assistant(List<Block> some) {
    var parts = new ArrayList<Part>();
    var thoughts = new ArrayList<Thought>();
    var calls = new ArrayList<ToolCall>();
    for (Block block : some) {
      switch (block) {
        case Block.Says(Part part) -> parts.add(part);
        case Block.Thinks(Thought thought) -> thoughts.add(thought);
        case Block.Calls(ToolCall call) -> calls.add(call);
        case Block.Results _ -> throw new IllegalStateException("refused when it was read");
      }
    }
    return new Message(
        Role.ASSISTANT,
        parts,
        calls,
        Optional.empty(),
        false,
        Optional.empty(),
        thoughts,
        extensions());
  }

  private Extensions extensions() {
    return Extensions.of(Dialect.ANTHROPIC, others);
  }
}

package llm.core.dialect.anthropic.upstream;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import llm.core.dialect.anthropic.Asides;
import llm.core.dialect.json.JsonFields;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;

/**
 * Follows the blocks of one message and hands out what they say. Calls of tools are numbered 0, 1,
 * … as they begin. Blocks of kinds that are not known here, those of the API's own tools among
 * them, are told whole when they end. Not thread-safe.
 */
final class Blocks {
  private static final int MOST_CALLS = 1_024;
  private static final int MOST_OPEN = 1_024;
  private static final int MOST_HELD = 4 << 20;
  private static final Pattern DIRECT = Pattern.compile("\\{\\s*\"type\"\\s*:\\s*\"direct\"\\s*}");
  private static final String NOTHING = "{}";

  private final Supplier<String> ids;
  private final List<Open> open = new ArrayList<>(2);
  private int calls;
  private boolean isText; // the block that began last
  private boolean incomplete;

  /** A block that has begun and not ended. */
  private static final class Open {
    private final int index;
    private final int call; // its number; -1: no call of a tool
    private String input; // what came with the beginning, for a call of which nothing else comes
    private String signature = "";
    private Map<String, JsonText> foreign = Map.of(); // fields of a block that is not ours
    private final StringBuilder json = new StringBuilder(); // of its input

    private Open(int index, int call, String input) {
      this.index = index;
      this.call = call;
      this.input = input;
    }
  }

  /**
   * No blocks yet.
   *
   * @param ids gives ids to calls that have none
   */
  Blocks(Supplier<String> ids) {
    this.ids = ids;
  }

  /** Whether something came that cannot be handed out: a call without a name, too many blocks. */
  boolean isIncomplete() {
    return incomplete;
  }

  /** A block that is complete. */
  void whole(Block block, Consumer<? super StreamEvent> events) {
    start(0, block, events);
    stop(0, events);
  }

  /** A block begins, and may say something already. */
  void start(int index, Block block, Consumer<? super StreamEvent> events) {
    stop(index, events);
    if (open.size() == MOST_OPEN) {
      incomplete = true;
      return;
    }
    boolean again = isText && block.type.equals("text");
    isText = block.type.equals("text");
    switch (block.type) {
      case "text" -> {
        if (again) {
          events.accept(aside(Asides.TEXT, JsonText.EMPTY_OBJECT));
        }
        text(block.text, events);
        cite(block, events);
      }
      case "thinking" -> {
        Open begun = begin(index, -1, "");
        reasoning(block.thinking, events);
        begun.signature = block.signature;
      }
      case "redacted_thinking" -> {
        if (!block.data.isEmpty()) {
          events.accept(new StreamEvent.ReasoningHidden(block.data, Dialect.ANTHROPIC));
        }
      }
      case "tool_use" -> call(index, block, events);
      case "" -> {
        // no block
      }
      default -> begin(index, -1, "").foreign = JsonFields.of(block.whole);
    }
  }

  /** A piece of the block {@code index}. */
  void delta(int index, Block piece, Consumer<? super StreamEvent> events) {
    switch (piece.type) {
      case "text_delta" -> text(piece.text, events);
      case "thinking_delta" -> reasoning(piece.thinking, events);
      case "signature_delta" -> {
        Open block = find(index);
        if (block != null) {
          block.signature = piece.signature;
        }
      }
      case "input_json_delta" -> {
        Open block = find(index);
        if (block != null && !block.foreign.isEmpty()) {
          block.json.append(piece.json);
          incomplete |= block.json.length() > MOST_HELD;
        } else if (block != null && block.call >= 0 && !piece.json.isEmpty()) {
          block.input = "";
          events.accept(new StreamEvent.ToolArgumentsDelta(block.call, piece.json));
        }
      }
      case "citations_delta" -> cite(piece, events);
      default -> {
        Open block = find(index);
        if (block != null && !block.foreign.isEmpty()) {
          Map<String, JsonText> more = JsonFields.of(piece.whole);
          more.remove("type");
          block.foreign.putAll(more);
        }
      }
    }
  }

  /** The block {@code index} ends, if it is there. */
  void stop(int index, Consumer<? super StreamEvent> events) {
    Open block = find(index);
    if (block == null) {
      return;
    }
    open.remove(block);
    if (!block.foreign.isEmpty()) {
      if (!block.json.isEmpty()) {
        block.foreign.put("input", new JsonText(block.json.toString()));
      }
      events.accept(aside(Asides.BLOCK, JsonFields.object(block.foreign)));
    }
    if (!block.signature.isEmpty()) {
      events.accept(new StreamEvent.ReasoningSigned(block.signature, Dialect.ANTHROPIC));
    }
    if (!block.input.isEmpty()) {
      events.accept(new StreamEvent.ToolArgumentsDelta(block.call, block.input));
    }
  }

  /** All of them end. */
  void stopAll(Consumer<? super StreamEvent> events) {
    while (!open.isEmpty()) {
      stop(open.getFirst().index, events);
    }
  }

  private void call(int index, Block block, Consumer<? super StreamEvent> events) {
    if (block.name.isBlank() || calls == MOST_CALLS) {
      incomplete = true;
      return;
    }
    String input = block.json.isEmpty() ? NOTHING : block.json;
    Open begun = begin(index, calls++, input);
    if (block.caller.filter(caller -> !DIRECT.matcher(caller.value()).matches()).isPresent()) {
      events.accept(aside(Asides.CALLER, block.caller.get()));
    }
    String id = block.id.isBlank() ? ids.get() : block.id;
    events.accept(new StreamEvent.ToolCallStarted(begun.call, id, block.name));
  }

  private Open begin(int index, int call, String input) {
    var begun = new Open(index, call, input);
    open.add(begun);
    return begun;
  }

  private Open find(int index) {
    for (Open block : open) {
      if (block.index == index) {
        return block;
      }
    }
    return null;
  }

  private static void cite(Block block, Consumer<? super StreamEvent> events) {
    block.citations.forEach(citation -> events.accept(aside(Asides.CITATION, citation)));
  }

  private static StreamEvent aside(String kind, JsonText json) {
    return new StreamEvent.Aside(Dialect.ANTHROPIC, kind, json);
  }

  private static void text(String text, Consumer<? super StreamEvent> events) {
    if (!text.isEmpty()) {
      events.accept(new StreamEvent.TextDelta(text));
    }
  }

  private static void reasoning(String text, Consumer<? super StreamEvent> events) {
    if (!text.isEmpty()) {
      events.accept(new StreamEvent.ReasoningDelta(text));
    }
  }
}

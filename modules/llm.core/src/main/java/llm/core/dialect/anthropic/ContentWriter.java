package llm.core.dialect.anthropic;

import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmException;

/**
 * Writes the blocks of a whole answer in the order in which they came. Not thread-safe; one answer
 * each.
 */
final class ContentWriter {
  private final JsonOut out;
  private final boolean isCut;
  private final StringBuilder thought = new StringBuilder();
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder citations = new StringBuilder(); // JSON, of the text
  private Optional<JsonText> caller = Optional.empty(); // of the next call

  /**
   * A writer of blocks into the array that is open.
   *
   * @param isCut whether a call's arguments may break off
   */
  ContentWriter(JsonOut out, boolean isCut) {
    this.out = out;
    this.isCut = isCut;
  }

  /** Adds the blocks of a {@code ChatResult}'s course. */
  void write(List<StreamEvent> course) throws LlmException {
    for (int i = 0; i < course.size(); i++) {
      StreamEvent event = course.get(i);
      switch (event) {
        case StreamEvent.TextDelta delta -> {
          endThought();
          text.append(delta.text());
        }
        case StreamEvent.ReasoningDelta delta -> {
          endText();
          thought.append(delta.text());
        }
        case StreamEvent.ReasoningSigned(String signature, Dialect dialect) -> {
          endText();
          thought(Thought.signed(thought.toString(), new Proof(dialect, signature)));
          thought.setLength(0);
        }
        case StreamEvent.ReasoningHidden(String data, Dialect dialect) -> {
          end();
          thought(Thought.hidden(new Proof(dialect, data)));
        }
        case StreamEvent.ToolCallStarted(int _, String id, String name) -> {
          end();
          boolean more =
              i + 1 < course.size() && course.get(i + 1) instanceof StreamEvent.ToolArgumentsDelta;
          String arguments =
              more ? ((StreamEvent.ToolArgumentsDelta) course.get(i + 1)).json() : "";
          call(new ToolCall(id, name, new JsonText(arguments)));
        }
        case StreamEvent.Aside(Dialect dialect, String kind, JsonText json) -> {
          if (dialect == Dialect.ANTHROPIC) {
            aside(kind, json);
          }
        }
        case StreamEvent.ToolArgumentsDelta _,
            StreamEvent.RefusalStarted _,
            StreamEvent.Started _,
            StreamEvent.Terminal _ -> {
          // with its call, or told by the reason of the end
        }
      }
    }
    end();
  }

  private void aside(String kind, JsonText json) {
    switch (kind) {
      case Asides.BLOCK -> {
        end();
        out.json(json);
      }
      case Asides.CITATION -> citations.append(citations.isEmpty() ? "" : ",").append(json.value());
      case Asides.TEXT -> endText();
      case Asides.CALLER -> caller = Optional.of(json);
      default -> {
        // nobody's
      }
    }
  }

  /** Adds a block of text without citations. */
  void text(String words) {
    text.append(words);
    endText();
  }

  /** Adds a block of a thought. */
  void thought(Thought proven) {
    String proof = proven.proof().map(mine -> mine.in(Dialect.ANTHROPIC)).orElse("");
    out.object();
    if (proven.hidden().isPresent()) {
      out.field("type", "redacted_thinking").field("data", proof);
    } else {
      out.field("type", "thinking").field("thinking", proven.text()).field("signature", proof);
    }
    out.endObject();
  }

  /**
   * Adds a block of a call.
   *
   * @throws LlmException with {@code InvalidAnswer} when its arguments are no object
   */
  void call(ToolCall call) throws LlmException {
    JsonText input = AnthropicResponses.input(call, isCut);
    AnthropicResponses.toolUse(call.id(), call.name(), input, caller, out);
    caller = Optional.empty();
  }

  private void end() {
    endThought();
    endText();
  }

  private void endThought() {
    if (!thought.isEmpty()) {
      thought(Thought.of(thought.toString()));
      thought.setLength(0);
    }
  }

  private void endText() {
    if (text.isEmpty() && citations.isEmpty()) {
      return;
    }
    out.object().field("type", "text").field("text", text.toString()).name("citations");
    if (citations.isEmpty()) {
      out.nothing();
    } else {
      out.json(new JsonText("[" + citations + "]"));
    }
    out.endObject();
    text.setLength(0);
    citations.setLength(0);
  }
}

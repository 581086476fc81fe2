package llm.core.dialect.anthropic.upstream;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.upstream.ErrorReader;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/** Reads any event, and a whole message. A value of another type than expected counts as absent. */
final class GeneralEvent {
  private static final String USAGE = "usage";
  private static final Set<String> KNOWN_COUNTS =
      Set.of(
          "input_tokens",
          "output_tokens",
          "cache_read_input_tokens",
          "cache_creation_input_tokens",
          "output_tokens_details.thinking_tokens");

  private final JsonCursor in;
  private final Event event;
  private final UsageCounts usage;

  private GeneralEvent(JsonCursor in, Event event, UsageCounts usage) {
    this.in = in;
    this.event = event;
    this.usage = usage;
  }

  /**
   * What the document says; what it counts goes to {@code usage}.
   *
   * @throws LlmException when the document is no JSON, or no object
   */
  static Event read(byte[] document, UsageCounts usage) throws LlmException {
    return JsonCursor.document(document, in -> new GeneralEvent(in, new Event(), usage).root());
  }

  private Event root() throws LlmException {
    in.object(name -> {
      switch (name) {
        case "type" -> event.type = Event.Type.of(string());
        case "index" -> event.index = in.isInteger() ? index() : 0;
        case "message" -> message();
        case "content_block" -> block();
        case "delta" -> delta();
        case "error" -> event.error = ErrorReader.value(in);
        default -> field(name);
      }
    });
    if (event.type == Event.Type.OTHER && event.error.isPresent()) {
      event.type = Event.Type.ERROR; // a proxy's, which is in no form of the API's
    }
    return event;
  }

  private int index() {
    String digits = in.text();
    return digits.length() < 10 ? Integer.parseInt(digits) : Integer.MAX_VALUE;
  }

  private void message() throws LlmException {
    if (in.isObject()) {
      in.object(this::field);
    }
  }

  /** A field of a message, which stands in its event or is all there is. */
  private void field(String name) throws LlmException {
    switch (name) {
      case "content" -> {
        if (in.isArray()) {
          in.array(_ -> block());
        }
      }
      case USAGE -> {
        if (in.isObject()) {
          usage();
        }
      }
      case "stop_reason" -> event.stopReason = string();
      case "id", "type", "role", "model" -> {
        // ours to say
      }
      case "stop_sequence" -> event.stopSequence = Optional.of(string()).filter(s -> !s.isEmpty());
      default -> event.answer.put(name, in.cut());
    }
  }

  /** The counts, those that are not known here among them. */
  private void usage() throws LlmException {
    JsonText all = in.cut();
    JsonCursor.piece(
        all,
        USAGE,
        piece -> {
          usage.read(piece);
          return usage;
        });
    Map<String, JsonText> rest = JsonFields.beside(KNOWN_COUNTS, all);
    if (!rest.isEmpty()) {
      event.answer.put(USAGE, JsonFields.object(rest));
    }
  }

  private void delta() throws LlmException {
    if (!in.isObject()) {
      return;
    }
    JsonText whole = in.cut();
    event.blocks.add(
        JsonCursor.piece(
            whole,
            "",
            piece -> {
              var other = new GeneralEvent(piece, event, usage);
              return other.filled(whole, other::field);
            }));
  }

  private void block() throws LlmException {
    if (!in.isObject()) {
      return;
    }
    JsonText whole = in.cut();
    event.blocks.add(
        JsonCursor.piece(
            whole, "", piece -> new GeneralEvent(piece, event, usage).filled(whole, _ -> {})));
  }

  private Block filled(JsonText whole, JsonCursor.Field others) throws LlmException {
    var block = new Block();
    block.whole = whole;
    in.object(name -> {
      if (!piece(name, block)) {
        others.read(name);
      }
    });
    return block;
  }

  /** Takes a field of a block or of a piece of one. */
  private boolean piece(String name, Block block) throws LlmException {
    switch (name) {
      case "type" -> block.type = string();
      case "id" -> block.id = string();
      case "name" -> block.name = string();
      case "text" -> block.text = string();
      case "thinking" -> block.thinking = string();
      case "signature" -> block.signature = string();
      case "data" -> block.data = string();
      case "partial_json" -> block.json = string();
      case "input" -> block.json = in.cut().value();
      case "caller" -> block.caller = Optional.of(in.cut());
      case "citation" -> block.citations.add(in.cut());
      case "citations" -> {
        if (in.isArray()) {
          in.array(_ -> block.citations.add(in.cut()));
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private String string() {
    return in.isString() ? in.text() : "";
  }
}

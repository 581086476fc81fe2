package llm.core.dialect.anthropic.upstream;

import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.upstream.ErrorReader;
import llm.domain.error.LlmException;

/** Reads any event, and a whole message. A value of another type than expected counts as absent. */
final class GeneralEvent {
  private final JsonCursor in;
  private final Event event = new Event();
  private final UsageCounts usage;

  private GeneralEvent(JsonCursor in, UsageCounts usage) {
    this.in = in;
    this.usage = usage;
  }

  /**
   * What the document says; what it counts goes to {@code usage}.
   *
   * @throws LlmException when the document is no JSON, or no object
   */
  static Event read(byte[] document, UsageCounts usage) throws LlmException {
    return JsonCursor.document(document, in -> new GeneralEvent(in, usage).root());
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
      case "usage" -> {
        if (in.isObject()) {
          usage.read(in);
        }
      }
      case "stop_reason" -> event.stopReason = string();
      case "stop_sequence" -> event.stopSequence = Optional.of(string()).filter(s -> !s.isEmpty());
      default -> {
        // of no interest
      }
    }
  }

  private void delta() throws LlmException {
    if (!in.isObject()) {
      return;
    }
    var block = new Block();
    in.object(name -> {
      if (!piece(name, block)) {
        field(name);
      }
    });
    event.blocks.add(block);
  }

  private void block() throws LlmException {
    if (!in.isObject()) {
      return;
    }
    var block = new Block();
    in.object(name -> piece(name, block));
    event.blocks.add(block);
  }

  /** Takes a field of a block or of a piece of one. */
  private boolean piece(String name, Block block) {
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

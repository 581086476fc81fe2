package llm.core.dialect.anthropic.upstream;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.upstream.UpstreamError;
import llm.domain.chat.JsonText;

/** What one event says, or a whole message; filled by a parser. */
final class Event {
  /** What there may be; all that a client has to know. */
  enum Type {
    MESSAGE,
    MESSAGE_START,
    BLOCK_START,
    BLOCK_DELTA,
    BLOCK_STOP,
    MESSAGE_DELTA,
    MESSAGE_STOP,
    ERROR,
    OTHER;

    static Type of(String wireName) {
      return switch (wireName) {
        case "message" -> MESSAGE;
        case "message_start" -> MESSAGE_START;
        case "content_block_start" -> BLOCK_START;
        case "content_block_delta" -> BLOCK_DELTA;
        case "content_block_stop" -> BLOCK_STOP;
        case "message_delta" -> MESSAGE_DELTA;
        case "message_stop" -> MESSAGE_STOP;
        case "error" -> ERROR;
        default -> OTHER; // ping, and what will be added
      };
    }
  }

  Type type = Type.OTHER;
  int index;
  String stopReason = "";
  Optional<String> stopSequence = Optional.empty();
  Optional<UpstreamError> error = Optional.empty();
  final Map<String, JsonText> answer = new LinkedHashMap<>(); // fields that are not known here
  final List<Block> blocks = new ArrayList<>(1); // one, or all of a whole message

  @Override
  public String toString() {
    return type + " " + index + " " + stopReason + " " + stopSequence + " " + error + " " + blocks;
  }
}

package llm.core.dialect.anthropic.upstream;

import java.nio.charset.StandardCharsets;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.content.Thought;
import llm.domain.error.LlmException;

/** Writes the blocks that content is made of. */
final class BlockWriter {
  private final JsonOut out;

  BlockWriter(JsonOut out) {
    this.out = out;
  }

  /** Whether there is anything in the part; the API refuses texts of blanks. */
  static boolean says(Part part) {
    return !(part instanceof Part.Text(String text, Extensions _)) || !text.isBlank();
  }

  /** Whether the API takes the thought back: its own ones alone, which are signed or hidden. */
  static boolean isKept(Thought thought) {
    return thought.isProvenIn(Dialect.ANTHROPIC);
  }

  /** Adds a part, if there is anything in it. */
  void part(Part part, String path) throws LlmException {
    if (!says(part)) {
      return;
    }
    switch (part) {
      case Part.Text text -> {
        out.object().field("type", "text").field("text", text.text());
        more(text.extensions());
        out.endObject();
      }
      case Part.Image image -> {
        out.object().field("type", "image").name("source").object();
        source(image.source());
        out.endObject();
        more(image.extensions());
        out.endObject();
      }
      case Part.Foreign(Dialect dialect, String type, JsonText json) -> {
        if (!dialect.isReadAs(Dialect.ANTHROPIC)) {
          throw MessagesRequestWriter.unsupported(
              path, "content of type '" + type + "'; ask a model of a provider that does");
        }
        out.json(json);
      }
    }
  }

  /** Adds a thought, if it is one of the provider's own. */
  void thought(Thought thought) {
    if (!isKept(thought)) {
      return;
    }
    if (thought.hidden().isPresent()) {
      out.object().field("type", "redacted_thinking").field("data", thought.hidden().get());
      out.endObject();
    } else {
      out.object().field("type", "thinking").field("thinking", thought.text());
      out.field("signature", thought.signature().orElseThrow()).endObject();
    }
  }

  /** Adds a call of a tool. */
  void call(ToolCall call) {
    out.object().field("type", "tool_use").field("id", legalId(call.id()));
    out.field("name", call.name()).name("input");
    input(call.arguments());
    more(call.extensions());
    out.endObject();
  }

  /** Adds the result of a call. */
  void result(Message message, String path) throws LlmException {
    out.object().field("type", "tool_result");
    out.field("tool_use_id", legalId(message.toolCallId().orElseThrow()));
    if (message.parts().stream().anyMatch(BlockWriter::says)) {
      out.name("content").array();
      for (Part part : message.parts()) {
        part(part, path);
      }
      out.endArray();
    }
    if (message.failed()) {
      out.name("is_error").value(true);
    }
    more(message.extensions());
    out.endObject();
  }

  /** Adds fields that only the dialect knows, which was the caller's too. */
  void more(Extensions extensions) {
    extensions.in(Dialect.ANTHROPIC).forEach((name, value) -> out.name(name).json(value));
  }

  private void source(ImageSource source) {
    switch (source) {
      case ImageSource.Url(String url) -> out.field("type", "url").field("url", url);
      case ImageSource.Data(String mediaType, String base64) ->
          out.field("type", "base64").field("media_type", mediaType).field("data", base64);
    }
  }

  /**
   * Arguments have to be an object. What a model wrote wrongly is said in the words that the API's
   * page on fine-grained tool streaming has for it.
   */
  private void input(JsonText arguments) {
    if (arguments.value().isBlank()) {
      out.json(JsonText.EMPTY_OBJECT);
    } else if (isObject(arguments)) {
      out.json(arguments);
    } else {
      out.object().field("INVALID_JSON", arguments.value()).endObject();
    }
  }

  private static boolean isObject(JsonText text) {
    try {
      byte[] document = text.value().getBytes(StandardCharsets.UTF_8);
      return JsonCursor.document(document, JsonCursor::isObject);
    } catch (LlmException _) {
      return false;
    }
  }

  /** The API takes letters, digits, _ and -; other providers' ids have other characters. */
  private static String legalId(String id) {
    if (id.chars().allMatch(BlockWriter::isLegal)) {
      return id;
    }
    var legal = new StringBuilder(id.length() + 9);
    id.chars().forEach(c -> legal.append(isLegal(c) ? (char) c : '_'));
    return legal.append('_').append(Integer.toHexString(id.hashCode())).toString();
  }

  private static boolean isLegal(int c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '_'
        || c == '-';
  }
}

package llm.core.dialect.anthropic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads one block of content (https://docs.claude.com/en/api/messages). Words, images, thoughts,
 * calls and results are ours; blocks of other types are kept whole, for providers that speak the
 * dialect. Not thread-safe; one block each.
 */
final class BlockReader {
  /** Fields whose loss changes nothing in what is said: the caller is told, no more. */
  private static final Set<String> HARMLESS = Set.of("cache_control", "citations");

  private static final JsonText DIRECT = new JsonText("{\"type\":\"direct\"}");

  /** Types of blocks that are neither words nor images. */
  private static final Set<String> NOT_SAID =
      Set.of("tool_use", "tool_result", "thinking", "redacted_thinking");

  private final Undone undone;
  private final Map<String, JsonText> others = new LinkedHashMap<>();
  private final Map<String, String> strings = new LinkedHashMap<>();
  private Optional<JsonText> object = Optional.empty();
  private List<Part> content = List.of();
  private boolean failed;

  private BlockReader(Undone undone) {
    this.undone = undone;
  }

  /** The block the cursor stands on. */
  static Block block(JsonCursor in, Undone undone) throws LlmException {
    JsonText whole = in.cutObject();
    String type = JsonCursor.piece(whole, in.path(), BlockReader::type);
    return block(type, whole, in.path(), undone);
  }

  private static Block block(String type, JsonText whole, String path, Undone undone)
      throws LlmException {
    return JsonCursor.piece(
        whole, path, piece -> new BlockReader(undone).block(type, whole, piece));
  }

  private static LlmException misplaced(String path) {
    return Refusals.misplaced(path, "here are blocks of text and images alone");
  }

  /** Words, or an array of blocks that are said or shown; what else there is, is refused. */
  static List<Part> parts(JsonCursor in, Undone undone) throws LlmException {
    if (in.isString()) {
      String text = in.string();
      return text.isEmpty() ? List.of() : List.of(new Part.Text(text));
    }
    if (!in.isArray()) {
      throw in.expected("a string or an array of blocks");
    }
    var parts = new ArrayList<Part>();
    in.array(_ -> {
      String path = in.path();
      JsonText whole = in.cutObject();
      String type = JsonCursor.piece(whole, path, BlockReader::type);
      if (NOT_SAID.contains(type)) { // and not read: results within results grow with their depth
        throw misplaced(path);
      }
      if (!(block(type, whole, path, undone) instanceof Block.Says(Part part))) {
        throw misplaced(path);
      }
      parts.add(part);
    });
    return parts;
  }

  private static String type(JsonCursor in) throws LlmException {
    var type = new StringBuilder();
    in.object(field -> {
      if (field.equals("type")) {
        type.append(in.string());
      }
    });
    if (type.isEmpty()) {
      throw Refusals.missing(in, "type", "every block needs one");
    }
    return type.toString();
  }

  private Block block(String type, JsonText whole, JsonCursor in) throws LlmException {
    return switch (type) {
      case "text" -> text(in);
      case "image" -> image(whole, in);
      case "tool_use" -> toolUse(in);
      case "tool_result" -> toolResult(in);
      case "thinking" -> thinking(in);
      case "redacted_thinking" -> redacted(in);
      default -> foreign(type, "blocks of type '" + Excerpt.shortened(type) + "'", whole, in);
    };
  }

  private Block text(JsonCursor in) throws LlmException {
    in.object(field -> {
      switch (field) {
        case "type" -> {}
        case "text" -> string(field, in);
        default -> other(field, in);
      }
    });
    return new Block.Says(new Part.Text(needed("text", in), extensions()));
  }

  private Block image(JsonText whole, JsonCursor in) throws LlmException {
    in.object(field -> {
      switch (field) {
        case "type" -> {}
        case "source" -> {
          object = Optional.of(in.cutObject());
        }
        default -> other(field, in);
      }
    });
    JsonText source =
        object.orElseThrow(() -> Refusals.missing(in, "source", "an image block needs it"));
    String where = in.path("source");
    String kind = JsonCursor.piece(source, where, BlockReader::type);
    if (kind.equals("file")) {
      return foreign("image", "images from files", whole, in);
    }
    ImageSource shown = JsonCursor.piece(source, where, piece -> source(kind, piece));
    return new Block.Says(new Part.Image(shown, Optional.empty(), extensions()));
  }

  private ImageSource source(String kind, JsonCursor in) throws LlmException {
    in.object(field -> {
      switch (field) {
        case "type" -> {}
        case "media_type", "data", "url" -> string(field, in);
        default -> throw Refusals.unknown(in);
      }
    });
    switch (kind) {
      case "base64" -> {
        String mediaType = needed("media_type", in);
        String data = needed("data", in);
        return in.legal(() -> new ImageSource.Data(mediaType, data));
      }
      case "url" -> {
        String url = needed("url", in);
        return in.legal(() -> new ImageSource.Url(url));
      }
      default -> {
        String path = in.path("type");
        throw new LlmException(
            LlmError.InvalidRequest.at(
                path, path + " '" + Excerpt.shortened(kind) + "' must be base64, url or file"));
      }
    }
  }

  private Block toolUse(JsonCursor in) throws LlmException {
    in.object(field -> {
      switch (field) {
        case "type" -> {}
        case "id", "name" -> string(field, in);
        case "input" -> object = Optional.of(in.cutObject());
        case "caller" -> caller(in);
        default -> other(field, in);
      }
    });
    String id = needed("id", in);
    String name = needed("name", in);
    JsonText input =
        object.orElseThrow(() -> Refusals.missing(in, "input", "a call has its arguments there"));
    return new Block.Calls(in.legal(() -> new ToolCall(id, name, input, extensions())));
  }

  /** That the model itself called is what is so anyway. */
  private void caller(JsonCursor in) throws LlmException {
    JsonText caller = in.cutObject();
    if (!caller.value().replaceAll("\\s", "").equals(DIRECT.value())) {
      others.put("caller", caller);
      undone.exceptByAnthropic(() -> Refusals.unsupported(in.path(), "tools that call tools"));
    }
  }

  private Block toolResult(JsonCursor in) throws LlmException {
    in.object(field -> {
      switch (field) {
        case "type" -> {}
        case "tool_use_id" -> string(field, in);
        case "content" -> content = parts(in, undone);
        case "is_error" -> failed = in.flag();
        default -> other(field, in);
      }
    });
    String id = needed("tool_use_id", in);
    return new Block.Results(
        in.legal(() ->
            new Message(
                Role.TOOL,
                content,
                List.of(),
                Optional.of(id),
                failed,
                Optional.empty(),
                List.of(),
                extensions())));
  }

  private Block thinking(JsonCursor in) throws LlmException {
    in.object(field -> {
      switch (field) {
        case "type" -> {}
        case "thinking", "signature" -> string(field, in);
        default -> throw Refusals.unknown(in);
      }
    });
    String thought = needed("thinking", in);
    String signature = strings.getOrDefault("signature", "");
    return new Block.Thinks(
        signature.isEmpty()
            ? Thought.of(thought)
            : Thought.signed(thought, Proof.read(signature, Dialect.ANTHROPIC)));
  }

  private Block redacted(JsonCursor in) throws LlmException {
    in.object(field -> {
      switch (field) {
        case "type" -> {}
        case "data" -> string(field, in);
        default -> throw Refusals.unknown(in);
      }
    });
    return new Block.Thinks(Thought.hidden(Proof.read(needed("data", in), Dialect.ANTHROPIC)));
  }

  private Block foreign(String type, String what, JsonText whole, JsonCursor in) {
    undone.exceptByAnthropic(() -> Refusals.unsupported(in.path(), what));
    return new Block.Says(new Part.Foreign(Dialect.ANTHROPIC, Excerpt.shortened(type), whole));
  }

  private void string(String field, JsonCursor in) throws LlmException {
    strings.put(field, in.string());
  }

  private String needed(String field, JsonCursor in) throws LlmException {
    String text = strings.get(field);
    if (text == null) {
      throw Refusals.missing(in, field, "this block needs it");
    }
    return text;
  }

  private void other(String field, JsonCursor in) {
    if (!HARMLESS.contains(field)) {
      String what = "the field '" + Excerpt.shortened(field) + "' of a block";
      undone.exceptByAnthropic(() -> Refusals.unsupported(in.path(), what));
    }
    others.put(field, in.cut());
  }

  private Extensions extensions() {
    return Extensions.of(Dialect.ANTHROPIC, others);
  }
}

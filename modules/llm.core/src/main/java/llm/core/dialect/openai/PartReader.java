package llm.core.dialect.openai;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Part;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads one part of a message's content. Texts and images are ours; others are kept whole, for
 * providers that speak the dialect. Not thread-safe; one part each.
 */
final class PartReader {
  private final FirstRefusal undone;
  private Optional<String> type = Optional.empty();
  private Optional<String> text = Optional.empty();
  private Optional<ImageSource> image = Optional.empty();
  private Optional<String> detail = Optional.empty();
  private final Map<String, JsonText> others = new LinkedHashMap<>();

  private PartReader(FirstRefusal undone) {
    this.undone = undone;
  }

  /**
   * The part the cursor stands on.
   *
   * @param undone takes the refusals of what only some providers do
   */
  static Part part(JsonCursor in, FirstRefusal undone) throws LlmException {
    JsonText whole = in.cutObject();
    return JsonCursor.piece(whole, in.path(), piece -> new PartReader(undone).part(whole, piece));
  }

  private Part part(JsonText whole, JsonCursor in) throws LlmException {
    in.object(field -> take(field, in));
    String kind = type.orElseThrow(() -> MessageReader.missing(in, "type", "every part needs one"));
    return switch (kind) {
      case "text" ->
          new Part.Text(
              text.orElseThrow(() -> MessageReader.missing(in, "text", "a text part needs it")),
              extensions(in));
      case "image_url" ->
          new Part.Image(
              image.orElseThrow(
                  () -> MessageReader.missing(in, "image_url.url", "an image part needs it")),
              detail,
              extensions(in));
      default -> {
        undone.add(() ->
            MessageReader.unsupported(
                in,
                "content parts of type '"
                    + Excerpt.shortened(kind)
                    + "'; send text or image_url parts"));
        yield new Part.Foreign(Dialect.OPENAI_CHAT, Excerpt.shortened(kind), whole);
      }
    };
  }

  private void take(String field, JsonCursor in) throws LlmException {
    switch (field) {
      case "type" -> type = Optional.of(in.string());
      case "text" -> text = Optional.of(in.string());
      case "image_url" -> in.object(inner -> image(inner, in));
      default -> others.put(field, in.cut());
    }
  }

  private void image(String field, JsonCursor in) throws LlmException {
    switch (field) {
      case "url" -> {
        String url = in.string();
        image = Optional.of(in.legal(() -> ImageSource.ofUrl(url)));
      }
      case "detail" -> detail = Optional.of(in.string());
      default -> throw MessageReader.unknown(in, "image_url field", field);
    }
  }

  private Extensions extensions(JsonCursor in) {
    others
        .keySet()
        .forEach(field -> undone.add(() -> MessageReader.unknown(in, "part's field", field)));
    return Extensions.of(Dialect.OPENAI_CHAT, others);
  }
}

package llm.core.dialect.responses;

import java.util.ArrayList;
import java.util.List;
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
 * Reads the content of messages and of tools' results: a string, or parts. Texts and images are
 * ours; files, sounds and refusals are kept whole, for providers that speak the dialect.
 */
final class ContentReader {
  private static final String NEEDED = "every part of this type needs it";

  private final FirstRefusal undone;

  /**
   * A reader.
   *
   * @param undone takes the refusals of what only some providers do
   */
  ContentReader(FirstRefusal undone) {
    this.undone = undone;
  }

  /** The content that the cursor stands on. */
  List<Part> content(JsonCursor in) throws LlmException {
    if (in.isString()) {
      String text = in.string();
      return text.isEmpty() ? List.of() : List.of(new Part.Text(text));
    }
    if (!in.isArray()) {
      throw in.expected("a string or an array of parts");
    }
    var parts = new ArrayList<Part>();
    in.array(_ -> {
      String path = in.path();
      parts.add(part(in.cutObject(), path));
    });
    return parts;
  }

  private Part part(JsonText whole, String path) throws LlmException {
    Fields fields = Fields.of(whole, path);
    String type = fields.string("type", "every part needs one");
    return switch (type) {
      case "input_text", "output_text", "text" -> text(fields);
      case "input_image" ->
          fields.left().containsKey("file_id")
              ? foreign(type, whole, fields, "images by file_id; send image_url")
              : image(fields);
      default ->
          foreign(
              type,
              whole,
              fields,
              "content parts of type '"
                  + Excerpt.shortened(type)
                  + "'; send input_text or input_image parts");
    };
  }

  private Part text(Fields fields) throws LlmException {
    String text = fields.string("text", NEEDED);
    fields.take("logprobs"); // told with an answer; nobody wants them back
    if (fields.left().containsKey("annotations")
        && fields.left().get("annotations").value().matches("\\[\\s*\\]")) {
      fields.take("annotations");
    }
    return new Part.Text(text, extensions(fields));
  }

  private Part image(Fields fields) throws LlmException {
    ImageSource source =
        fields
            .take(
                "image_url",
                in -> {
                  String url = in.string();
                  return in.legal(() -> ImageSource.ofUrl(url));
                })
            .orElseThrow(() -> Refusals.missing(fields.path("image_url"), NEEDED));
    Optional<String> detail = fields.string("detail");
    return new Part.Image(source, detail, extensions(fields));
  }

  private Part foreign(String type, JsonText whole, Fields fields, String what) {
    undone.add(() -> Refusals.unsupported(fields.path(), what));
    return new Part.Foreign(Dialect.OPENAI_RESPONSES, Excerpt.shortened(type), whole);
  }

  /** Hints of caching, annotations: nothing that changes what is said. */
  private static Extensions extensions(Fields fields) {
    return Extensions.of(Dialect.OPENAI_RESPONSES, fields.left());
  }
}

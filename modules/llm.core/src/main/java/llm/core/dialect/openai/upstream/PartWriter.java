package llm.core.dialect.openai.upstream;

import java.util.Optional;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** Writes the content of a message: a string where words are all there is, else parts. */
final class PartWriter {
  private PartWriter() {}

  /** Adds the field {@code content}. */
  static void content(Message message, JsonOut out) throws LlmException {
    boolean plain =
        message.isPlain() && message.parts().stream().allMatch(part -> part.extensions().isEmpty());
    if (plain) {
      out.field("content", message.text());
      return;
    }
    out.name("content").array();
    for (Part part : message.parts()) {
      part(part, out);
    }
    out.endArray();
  }

  private static void part(Part part, JsonOut out) throws LlmException {
    switch (part) {
      case Part.Text(String text, Extensions more) -> {
        out.object().field("type", "text").field("text", text);
        more(more, out);
      }
      case Part.Image(ImageSource source, Optional<String> detail, Extensions more) -> {
        out.object()
            .field("type", "image_url")
            .name("image_url")
            .object()
            .field("url", url(source));
        detail.ifPresent(how -> out.field("detail", how));
        out.endObject();
        more(more, out);
      }
      case Part.Foreign(Dialect dialect, String type, JsonText json) -> {
        if (!dialect.isReadAs(Dialect.OPENAI_CHAT)) {
          throw new LlmException(
              new LlmError.Unsupported(
                  "messages",
                  "This model's provider takes no content of type '"
                      + type
                      + "'; ask a model of a provider that does."));
        }
        out.json(json);
      }
    }
  }

  private static void more(Extensions extensions, JsonOut out) {
    extensions.in(Dialect.OPENAI_CHAT).forEach((name, value) -> out.name(name).json(value));
    out.endObject();
  }

  private static String url(ImageSource source) {
    return switch (source) {
      case ImageSource.Url(String url) -> url;
      case ImageSource.Data data -> data.toUrl();
    };
  }
}

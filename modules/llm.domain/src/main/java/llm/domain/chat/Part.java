package llm.domain.chat;

import java.util.Objects;
import java.util.Optional;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;

/** A piece of a message's content. */
public sealed interface Part {
  /** Fields that only the dialect knows that this came in. */
  Extensions extensions();

  /**
   * Words.
   *
   * @param text may be empty
   */
  record Text(String text, Extensions extensions) implements Part {
    /** Rejects null. */
    public Text {
      Objects.requireNonNull(text, "text");
      Objects.requireNonNull(extensions, "extensions");
    }

    /** Words alone. */
    public Text(String text) {
      this(text, Extensions.NONE);
    }
  }

  /**
   * An image.
   *
   * @param detail how closely to look, as the caller says it ({@code low}, {@code high}, …)
   */
  record Image(ImageSource source, Optional<String> detail, Extensions extensions) implements Part {
    /** An image with nothing said beside it. */
    public Image(ImageSource source) {
      this(source, Optional.empty(), Extensions.NONE);
    }
  }

  /**
   * What only one dialect knows: a document, a sound, a search result. Providers of that dialect
   * are sent it byte for byte, others refuse it.
   *
   * @param dialect whose it is
   * @param type its name there, for messages
   * @param json all of it
   */
  record Foreign(Dialect dialect, String type, JsonText json) implements Part {
    @Override
    public Extensions extensions() {
      return Extensions.NONE;
    }
  }
}

package llm.providers.custom;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * Where in an answer, or in a piece of one, its parts stand.
 *
 * @param paths by part; those that are not there have none
 */
record AnswerPaths(Map<Key, String> paths) {

  /** A part of an answer. */
  enum Key {
    /** The text. */
    TEXT("Path of the text."),
    /** The reasoning. */
    REASONING("Path of the model's reasoning."),
    /** Why it ended. */
    FINISH_REASON("Path of the reason why it ended."),
    /** The prompt's tokens. */
    INPUT_TOKENS("Path of the count of the prompt's tokens."),
    /** The answer's tokens. */
    OUTPUT_TOKENS("Path of the count of the answer's tokens."),
    /** What went wrong. */
    ERROR("Path of an error: a text, or an object with a message."),
    /** Whether that is all. */
    DONE_PATH("Path of a value that is true in the last piece."),
    /** Whether the piece is no text. */
    SKIP_PATH("Path of a value that is true where a piece's text is none, as of a special token.");

    private final Setting<String> setting;

    Key(String doc) {
      this.setting = Setting.optionalText(name().toLowerCase(Locale.ROOT), doc);
    }

    private boolean isOfPieces() {
      return this == DONE_PATH || this == SKIP_PATH;
    }
  }

  /** Reads the paths of a section for whole answers. */
  static AnswerPaths whole(Section section) {
    var paths = new AnswerPaths(new EnumMap<>(Key.class));
    for (Key key : Key.values()) {
      if (!key.isOfPieces()) {
        paths.read(key, section);
      }
    }
    return paths;
  }

  /** Reads the paths of a section for pieces; those it does not name are those of {@code whole}. */
  static AnswerPaths pieces(Section section, AnswerPaths whole) {
    var paths = new AnswerPaths(new EnumMap<>(Key.class));
    paths.paths.putAll(whole.paths);
    for (Key key : Key.values()) {
      paths.read(key, section);
    }
    return paths;
  }

  /** Whether there is a path of this part. */
  boolean has(Key key) {
    return paths.containsKey(key);
  }

  /** All of them, to find values by. */
  Paths<Key> compiled() {
    var compiled = new Paths<Key>();
    paths.forEach(compiled::with);
    return compiled;
  }

  private void read(Key key, Section section) {
    Optional<String> path = section.find(key.setting);
    try {
      path.ifPresent(Paths::steps);
      path.ifPresent(text -> paths.put(key, text));
    } catch (IllegalArgumentException refused) {
      section.reject(key.setting.key(), "must " + refused.getMessage());
    }
  }
}

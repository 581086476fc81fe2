package llm.domain.store;

import java.util.Objects;

/**
 * Names a log.
 *
 * @param space the kind of things whose logs these are, {@code [a-z]{1,32}}
 * @param id which of them, {@code [A-Za-z0-9._:-]{1,128}}; nothing is said of its origin, so a
 *     store must not take it for a path
 */
public record LogKey(String space, String id) {
  private static final int MAX_SPACE_CHARS = 32;
  private static final int MAX_ID_CHARS = 128;

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException when one is none
   */
  public LogKey {
    Objects.requireNonNull(space, "space");
    Objects.requireNonNull(id, "id");
    if (!isSpace(space)) {
      throw new IllegalArgumentException("a space matches [a-z]{1,32}");
    }
    if (!isId(id)) {
      throw new IllegalArgumentException("an id matches [A-Za-z0-9._:-]{1,128}");
    }
  }

  /** Whether {@code text} may be an id. */
  public static boolean isId(String text) {
    // By hand: a store that opens makes millions of keys.
    boolean good = !text.isEmpty() && text.length() <= MAX_ID_CHARS;
    for (int i = 0; good && i < text.length(); i++) {
      char c = text.charAt(i);
      good = isLower(c) || c >= 'A' && c <= 'Z' || c >= '-' && c <= ':' && c != '/' || c == '_';
    }
    return good;
  }

  private static boolean isSpace(String text) {
    boolean good = !text.isEmpty() && text.length() <= MAX_SPACE_CHARS;
    for (int i = 0; good && i < text.length(); i++) {
      good = isLower(text.charAt(i));
    }
    return good;
  }

  private static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }

  /** As {@code space/id}. */
  @Override
  public String toString() {
    return space + "/" + id;
  }
}

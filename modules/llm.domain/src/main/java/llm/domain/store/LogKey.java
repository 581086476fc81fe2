package llm.domain.store;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Names a log.
 *
 * @param space the kind of things whose logs these are, {@code [a-z]{1,32}}
 * @param id which of them, {@code [A-Za-z0-9._:-]{1,128}}; nothing is said of its origin, so a
 *     store must not take it for a path
 */
public record LogKey(String space, String id) {
  private static final Pattern SPACE = Pattern.compile("[a-z]{1,32}");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException when one is none
   */
  public LogKey {
    Objects.requireNonNull(space, "space");
    Objects.requireNonNull(id, "id");
    if (!SPACE.matcher(space).matches()) {
      throw new IllegalArgumentException("a space matches " + SPACE);
    }
    if (!isId(id)) {
      throw new IllegalArgumentException("an id matches " + ID);
    }
  }

  /** Whether {@code text} may be an id. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** As {@code space/id}. */
  @Override
  public String toString() {
    return space + "/" + id;
  }
}

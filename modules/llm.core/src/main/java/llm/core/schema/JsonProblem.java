package llm.core.schema;

/**
 * Why a text is not the JSON it should be.
 *
 * @param path the value it is about, as {@code messages[2].content}; empty: the value as a whole
 * @param offset the place in what was fed, from 0: characters (UTF-16 units), or bytes where bytes
 *     were fed; -1 where a finished value was checked
 * @param expected what would have been right
 * @param found what is there; of the contents of strings only what is no free text: names, and
 *     values of a choice
 */
public record JsonProblem(String path, long offset, String expected, String found) {

  /** One sentence for a client, without the full stop. */
  public String message() {
    return where() + ", found " + found + place();
  }

  /** The sentence for one who may not see what is there. */
  public String withoutFound() {
    return where() + place();
  }

  private String where() {
    return (path.isEmpty() ? "the JSON value" : path) + ": expected " + expected;
  }

  private String place() {
    return offset < 0 ? "" : " (at " + offset + ")";
  }
}

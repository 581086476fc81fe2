package llm.core.schema.reference;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/**
 * The value of a {@code $ref}, taken apart (JSON Schema Core, section 8.2.3.1).
 *
 * @param address what stands before {@code #}; empty: the document that the reference is in
 * @param fragment what stands behind it: a JSON pointer, the name of an anchor, or nothing
 */
public record SchemaReference(String address, String fragment) {
  private static final int MOST_DIGITS = 9; // of an index, which is an int then

  /** The one that is written so. */
  public static SchemaReference of(String text) {
    int hash = text.indexOf('#');
    return hash < 0
        ? new SchemaReference(text, "")
        : new SchemaReference(text.substring(0, hash), text.substring(hash + 1));
  }

  /**
   * The fragment without its percent escapes.
   *
   * @throws IllegalArgumentException when one of its percent signs begins none
   */
  public String decodedFragment() {
    return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** The names and indices along a JSON pointer that is not empty (RFC 6901, section 4). */
  public static List<String> steps(String pointer) {
    return Stream.of(pointer.substring(1).split("/", -1))
        .map(step -> step.replace("~1", "/").replace("~0", "~"))
        .toList();
  }

  /** The index that a step is in an array of so many elements; -1 when it is none. */
  public static int index(String step, int size) {
    boolean isNumber =
        !step.isEmpty()
            && step.length() <= MOST_DIGITS
            && step.chars().allMatch(c -> c >= '0' && c <= '9')
            && (step.length() == 1 || step.charAt(0) != '0');
    int index = isNumber ? Integer.parseInt(step) : -1;
    return index < size ? index : -1;
  }
}

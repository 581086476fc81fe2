package llm.core.schema;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import llm.domain.chat.JsonText;
import llm.domain.text.JsonWriter;

/**
 * A JSON value as far as it has come (RFC 8259). What {@link PartialJson} hands out is alive: a
 * node that is not complete grows with what is fed, and nothing else about it ever changes. A
 * complete node is final.
 *
 * <p>Not thread-safe while it grows: it belongs to whoever feeds.
 */
public abstract sealed class JsonNode {
  /** What a value is, as its first character tells. */
  public enum Kind {
    /** In braces. */
    OBJECT("an object"),
    /** In brackets. */
    ARRAY("an array"),
    /** In quotes. */
    STRING("a string"),
    /** A number, whole or not. */
    NUMBER("a number"),
    /** {@code true} or {@code false}. */
    BOOLEAN("true or false"),
    /** {@code null}. */
    NULL("null");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** The kind of the value that begins with {@code c}; null: none does. */
    static Kind beginningWith(char c) {
      return switch (c) {
        case '{' -> OBJECT;
        case '[' -> ARRAY;
        case '"' -> STRING;
        case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> NUMBER;
        case 't', 'f' -> BOOLEAN;
        case 'n' -> NULL;
        default -> null;
      };
    }

    /** For a sentence: {@code an object}. */
    public String words() {
      return words;
    }
  }

  Schema schema = Schema.ANYTHING; // what it has to fit; narrowed while it comes
  Object boundBy; // which shape has made bound of it
  Object bound; // a Java value made of this node when it was complete
  private boolean complete;

  private JsonNode() {}

  /** A complete string. */
  public static JsonNode ofText(String text) {
    var node = new TextNode(new StringBuilder(text));
    node.complete();
    return node;
  }

  /** What it is. */
  public abstract Kind kind();

  /** Whether its last character has come. */
  public final boolean isComplete() {
    return complete;
  }

  /** The value in JSON, without blanks; what is open is closed. Costs the whole value. */
  public final JsonText toJson() {
    var out = new JsonWriter();
    write(out);
    return out.toJson();
  }

  abstract void write(JsonWriter out);

  void complete() {
    complete = true;
  }

  /** An object: a member is there once its value has begun. */
  public static final class ObjectNode extends JsonNode {
    private final Map<String, JsonNode> members = new LinkedHashMap<>();

    ObjectNode() {}

    /** In the order in which they came; a view that grows. */
    public Map<String, JsonNode> members() {
      return Collections.unmodifiableMap(members);
    }

    JsonNode member(String name) {
      return members.get(name);
    }

    int size() {
      return members.size();
    }

    void put(String name, JsonNode value) {
      members.put(name, value);
    }

    @Override
    public Kind kind() {
      return Kind.OBJECT;
    }

    @Override
    void write(JsonWriter out) {
      out.beginObject();
      members.forEach((name, value) -> value.write(out.name(name)));
      out.endObject();
    }
  }

  /** An array: an element is there once it has begun. */
  public static final class ArrayNode extends JsonNode {
    private final List<JsonNode> elements = new ArrayList<>();

    ArrayNode() {}

    /** In their order; a view that grows. */
    public List<JsonNode> elements() {
      return Collections.unmodifiableList(elements);
    }

    int size() {
      return elements.size();
    }

    void add(JsonNode element) {
      elements.add(element);
    }

    @Override
    public Kind kind() {
      return Kind.ARRAY;
    }

    @Override
    void write(JsonWriter out) {
      out.beginArray();
      elements.forEach(element -> element.write(out));
      out.endArray();
    }
  }

  /** A string: whole characters, never half a surrogate pair. */
  public static final class TextNode extends JsonNode {
    private StringBuilder growing; // the parser's; null once complete
    private String whole;

    TextNode(StringBuilder growing) {
      this.growing = growing;
    }

    /** The text so far, unescaped; a copy of it while it grows. */
    public String text() {
      return whole != null ? whole : growing.toString();
    }

    /**
     * What came after the first {@code from} characters (UTF-16 units); costs no more than that.
     */
    public String textFrom(int from) {
      return whole != null ? whole.substring(from) : growing.substring(from);
    }

    /** Characters so far (UTF-16 units). */
    public int length() {
      return whole != null ? whole.length() : growing.length();
    }

    @Override
    void complete() {
      whole = growing.toString();
      growing = null;
      super.complete();
    }

    @Override
    public Kind kind() {
      return Kind.STRING;
    }

    @Override
    void write(JsonWriter out) {
      out.value(text());
    }
  }

  /** A number; there once it is complete. */
  public static final class NumberNode extends JsonNode {
    private static final int MOST_DIGITS = 19; // of a long
    private static final int SHORT_DIGITS = 18; // always a long

    private final String text;

    NumberNode(String text) {
      this.text = text;
      complete();
    }

    /** As it was written. */
    public String text() {
      return text;
    }

    /** The nearest double; infinite when it is beyond their range. */
    public double asDouble() {
      return Double.parseDouble(text);
    }

    /** Whether it is a whole number that a long holds; {@code 1.0} and {@code 1e2} are. */
    public boolean isLong() {
      return exact().isPresent();
    }

    /**
     * The number as a long.
     *
     * @throws java.util.NoSuchElementException where not {@link #isLong()}
     */
    public long asLong() {
      return exact().getAsLong();
    }

    private OptionalLong exact() {
      try {
        return text.length() <= SHORT_DIGITS && text.chars().allMatch(c -> c >= '0' && c <= '9')
            ? OptionalLong.of(Long.parseLong(text))
            : exact(new BigDecimal(text).stripTrailingZeros());
      } catch (NumberFormatException | ArithmeticException _) {
        return OptionalLong.empty(); // its exponent is beyond all sense
      }
    }

    /** The scale is looked at first: the digits of {@code 1e999999999} would fill the memory. */
    private static OptionalLong exact(BigDecimal stripped) {
      boolean whole = stripped.scale() <= 0;
      boolean tooLarge = (long) stripped.precision() - stripped.scale() > MOST_DIGITS;
      return whole && !tooLarge ? OptionalLong.of(stripped.longValueExact()) : OptionalLong.empty();
    }

    @Override
    public Kind kind() {
      return Kind.NUMBER;
    }

    @Override
    void write(JsonWriter out) {
      out.value(new JsonText(text));
    }
  }

  /** {@code true} or {@code false}; there once it is complete. */
  public static final class BooleanNode extends JsonNode {
    private final boolean value;

    BooleanNode(boolean value) {
      this.value = value;
      complete();
    }

    /** Which of them. */
    public boolean value() {
      return value;
    }

    @Override
    public Kind kind() {
      return Kind.BOOLEAN;
    }

    @Override
    void write(JsonWriter out) {
      out.value(value);
    }
  }

  /** {@code null}; there once it is complete. */
  public static final class NullNode extends JsonNode {
    NullNode() {
      complete();
    }

    @Override
    public Kind kind() {
      return Kind.NULL;
    }

    @Override
    void write(JsonWriter out) {
      out.nullValue();
    }
  }
}

package llm.core.dialect.json;

import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/**
 * Walks one JSON document from front to back and knows where it is, so that every refusal names its
 * place: line and column when the text is no JSON, a path such as {@code messages[2].content} when
 * a value is not what it should be.
 *
 * <p>Strict: UTF-8 only (a byte order mark is skipped), no duplicate names, nothing after the
 * document, at most {@link #MAX_DEPTH} levels, no lone surrogates in strings that are read. A null
 * field counts as absent: its handler is not called.
 *
 * <p>Not thread-safe; lives for one {@link #document} call.
 */
public final class JsonCursor {
  /** Levels of objects and arrays in one document. */
  public static final int MAX_DEPTH = 128;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Integer.MAX_VALUE) // the body itself is bounded
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final byte[] body;
  private final int start;
  private final JsonParser parser;
  private final String base; // the path of the document itself, when it was cut out of another

  private JsonCursor(byte[] body, int start, JsonParser parser, String base) {
    this.body = body;
    this.start = start;
    this.parser = parser;
    this.base = base;
  }

  /** Takes the value of a field; the cursor stands on it. A container not taken is skipped. */
  @FunctionalInterface
  public interface Field {
    /** Called in document order. */
    void read(String name) throws LlmException;
  }

  /** Takes an element of an array; the cursor stands on it. */
  @FunctionalInterface
  public interface Element {
    /** Called in document order, {@code index} from 0. */
    void read(int index) throws LlmException;
  }

  /** Reads a document; the cursor stands on its root. */
  @FunctionalInterface
  public interface Document<T> {
    /** What the document says. */
    T read(JsonCursor cursor) throws LlmException;
  }

  /**
   * Reads {@code body} as one document.
   *
   * @throws LlmException with {@code InvalidJson} when it is none, or what {@code reader} throws
   */
  public static <T> T document(byte[] body, Document<T> reader) throws LlmException {
    return document(body, "", reader);
  }

  /**
   * Reads a value that was cut out of another document at {@code path}; its refusals name their
   * places in that document.
   *
   * @throws LlmException what {@code reader} throws
   */
  public static <T> T piece(JsonText piece, String path, Document<T> reader) throws LlmException {
    return document(piece.value().getBytes(StandardCharsets.UTF_8), path, reader);
  }

  private static <T> T document(byte[] body, String base, Document<T> reader) throws LlmException {
    int start = Utf8.start(body);
    Utf8.require(body, start);
    try (var parser =
        FACTORY.createParser(ObjectReadContext.empty(), body, start, body.length - start)) {
      var cursor = new JsonCursor(body, start, parser, base);
      if (parser.nextToken() == null) {
        throw new LlmException(new LlmError.InvalidJson("the body is empty", 1, 1));
      }
      return cursor.whole(reader);
    } catch (JacksonException notJson) {
      throw new LlmException(invalid(notJson), notJson);
    }
  }

  private <T> T whole(Document<T> reader) throws LlmException {
    try {
      T value = reader.read(this);
      requireEnd();
      return value;
    } catch (StreamConstraintsException tooMuch) { // it does not say where it is
      TokenStreamLocation at = parser.currentLocation();
      throw new LlmException(
          new LlmError.InvalidJson(
              "it is nested deeper than "
                  + MAX_DEPTH
                  + " levels, or has a number or a name that is too long",
              Math.max(1, at.getLineNr()),
              Math.max(1, at.getColumnNr())),
          tooMuch);
    }
  }

  /** Reads the fields of the object the cursor stands on. */
  public void object(Field handler) throws LlmException {
    require(JsonToken.START_OBJECT, "an object");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      requirePairedSurrogates(name);
      if (parser.nextToken() == JsonToken.VALUE_NULL) {
        continue;
      }
      handler.read(name);
      leave();
    }
  }

  /** Reads the elements of the array the cursor stands on; a null element is not absent. */
  public void array(Element handler) throws LlmException {
    require(JsonToken.START_ARRAY, "an array");
    for (int index = 0; parser.nextToken() != JsonToken.END_ARRAY; index++) {
      handler.read(index);
      leave();
    }
  }

  /** The string the cursor stands on. */
  public String string() throws LlmException {
    require(JsonToken.VALUE_STRING, "a string");
    String text = parser.getString();
    requirePairedSurrogates(text);
    return text;
  }

  /**
   * The text of the scalar the cursor stands on, as it is: half a character, whose other half may
   * be in another document, is let through.
   */
  public String text() {
    return parser.getString();
  }

  /** The boolean the cursor stands on. */
  public boolean flag() throws LlmException {
    return switch (parser.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> throw expected("true or false");
    };
  }

  /** The whole number the cursor stands on. */
  public int integer() throws LlmException {
    require(JsonToken.VALUE_NUMBER_INT, "an integer");
    if (parser.getNumberType() != JsonParser.NumberType.INT) {
      throw refusal(path() + " must be an integer of 32 bits, found " + shortened());
    }
    return parser.getIntValue();
  }

  /** The whole number of up to 64 bits the cursor stands on. */
  public long longInteger() throws LlmException {
    require(JsonToken.VALUE_NUMBER_INT, "an integer");
    if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      throw refusal(path() + " must be an integer of 64 bits, found " + shortened());
    }
    return parser.getLongValue();
  }

  /** The number the cursor stands on, with or without a fraction. */
  public double number() throws LlmException {
    JsonToken token = parser.currentToken();
    if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
      throw expected("a number");
    }
    return parser.getDoubleValue();
  }

  /** The value the cursor stands on, whatever it is, byte for byte. */
  public JsonText cut() {
    int from = start + (int) parser.currentTokenLocation().getByteOffset();
    if (parser.currentToken().isStructStart()) {
      parser.skipChildren();
    } else {
      parser.finishToken();
    }
    int to = start + (int) parser.currentLocation().getByteOffset();
    return new JsonText(new String(body, from, to - from, StandardCharsets.UTF_8));
  }

  /** The object the cursor stands on, byte for byte. */
  public JsonText cutObject() throws LlmException {
    require(JsonToken.START_OBJECT, "an object");
    return cut();
  }

  /** Whether the cursor stands on a string. */
  public boolean isString() {
    return parser.currentToken() == JsonToken.VALUE_STRING;
  }

  /** Whether the cursor stands on a whole number. */
  public boolean isInteger() {
    return parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
  }

  /** Whether the cursor stands on a number. */
  public boolean isNumber() {
    return isInteger() || parser.currentToken() == JsonToken.VALUE_NUMBER_FLOAT;
  }

  /** Whether the cursor stands on an object. */
  public boolean isObject() {
    return parser.currentToken() == JsonToken.START_OBJECT;
  }

  /** Whether the cursor stands on an array. */
  public boolean isArray() {
    return parser.currentToken() == JsonToken.START_ARRAY;
  }

  /** Where the cursor stands, as {@code messages[2].content}; empty at the root. */
  public String path() {
    var path = new StringBuilder(base);
    append(parser.streamReadContext(), path);
    return path.toString();
  }

  /** The path of the field {@code name} of the object that was just read here. */
  public String path(String name) {
    String here = path();
    return here.isEmpty() ? name : here + "." + name;
  }

  /** Says that the value here is not what it should be. */
  public LlmException expected(String what) {
    String where = path();
    String subject = where.isEmpty() ? "The body" : where;
    return refusal(subject + " must be " + what + ", found " + found());
  }

  /** An {@code InvalidRequest} at this place. */
  public LlmException refusal(String message) {
    String where = path();
    return new LlmException(
        where.isEmpty()
            ? LlmError.InvalidRequest.of(message)
            : LlmError.InvalidRequest.at(where, message));
  }

  /** Makes a domain value; what its constructor refuses is an {@code InvalidRequest} here. */
  public <T> T legal(Supplier<T> value) throws LlmException {
    try {
      return value.get();
    } catch (IllegalArgumentException illegal) {
      throw new LlmException(LlmError.InvalidRequest.at(path(), illegal.getMessage()), illegal);
    }
  }

  private void require(JsonToken token, String what) throws LlmException {
    if (parser.currentToken() != token) {
      throw expected(what);
    }
  }

  private void requireEnd() throws LlmException {
    leave();
    if (parser.nextToken() != null) {
      TokenStreamLocation at = parser.currentTokenLocation();
      throw new LlmException(
          new LlmError.InvalidJson(
              "there is more after the end of the document", at.getLineNr(), at.getColumnNr()));
    }
  }

  private void leave() {
    if (parser.currentToken().isStructStart()) {
      parser.skipChildren();
    }
  }

  private void requirePairedSurrogates(String text) throws LlmException {
    int lone = Utf8.firstLoneSurrogate(text);
    if (lone >= 0) {
      throw refusal(
          "%s holds half a character (lone surrogate \\u%04x at index %d)"
              .formatted(path(), (int) text.charAt(lone), lone));
    }
  }

  private String found() {
    return switch (parser.currentToken()) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT -> "the integer " + shortened();
      case VALUE_NUMBER_FLOAT -> "the number " + shortened();
      case VALUE_TRUE -> "true";
      case VALUE_FALSE -> "false";
      case VALUE_NULL -> "null";
      default -> "something else";
    };
  }

  private String shortened() {
    return Excerpt.shortened(parser.getString());
  }

  private static void append(TokenStreamContext context, StringBuilder path) {
    if (context == null || context.inRoot()) {
      return;
    }
    append(context.getParent(), path);
    if (context.inArray() && context.hasCurrentIndex()) {
      path.append('[').append(context.getCurrentIndex()).append(']');
    } else if (context.inObject() && context.hasCurrentName()) {
      path.append(path.isEmpty() ? "" : ".").append(Excerpt.shortened(context.currentName()));
    }
  }

  private static LlmError invalid(JacksonException notJson) {
    TokenStreamLocation at = notJson.getLocation();
    int line = at == null ? 1 : Math.max(1, at.getLineNr());
    int column = at == null ? 1 : Math.max(1, at.getColumnNr());
    String detail = notJson.getOriginalMessage().lines().findFirst().orElse("not JSON").strip();
    return new LlmError.InvalidJson(detail, line, column);
  }
}

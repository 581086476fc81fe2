package llm.core.schema;

import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.Kind;
import llm.core.schema.JsonNode.NullNode;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.core.schema.PartialJson.Framing;
import llm.domain.text.Excerpt;

/**
 * The grammar of RFC 8259 as a machine that takes one character after the other and builds the
 * value as they come, checked against a schema. Stays where the first problem is.
 */
final class JsonMachine {
  private static final int MOST_NUMBER_CHARS = 1_000;

  private final JsonLimits limits;
  private final Framing framing;
  private final Schema schema;
  private final OpenNodes open = new OpenNodes();
  private final StringBuilder text = new StringBuilder(); // of the string or number in work
  private final StringGrammar reader = new StringGrammar(text);

  private JsonState state = JsonState.LEADING;
  private NumberGrammar number;
  private JsonNode root;
  private TextNode string; // the one in work; null: a name, or none
  private Schema coming; // what the value in work has to fit
  private String word; // the literal in work
  private int wordAt;
  private int values;
  private long changes;
  private JsonProblem problem;

  JsonMachine(Schema schema, Framing framing, JsonLimits limits) {
    this.schema = schema;
    this.framing = framing;
    this.limits = limits;
  }

  JsonNode root() {
    return root;
  }

  JsonProblem problem() {
    return problem;
  }

  /** Grows with every change that can be seen. */
  long changes() {
    return changes;
  }

  /** Whether the rest of the text is of no interest. */
  boolean ignoresRest() {
    return problem != null || state == JsonState.TRAILING && framing == Framing.SURROUNDED;
  }

  /**
   * Takes the characters that stand for themselves in the string in work.
   *
   * @return where the first one stands that does not; {@code at} where there is no string
   */
  int takePlain(CharSequence input, int at, int end) {
    if (state != JsonState.STRING) {
      return at;
    }
    int stop = reader.takePlain(input, at, end);
    if (stop > at) {
      visible();
    }
    return stop;
  }

  /** Takes one character, which stands at {@code offset}. */
  void take(char c, long offset) {
    switch (state) {
      case STRING -> inString(c, offset);
      case NUMBER -> number(c, offset);
      case WORD -> word(c, offset);
      case LEADING -> leading(c, offset);
      default -> structure(c, offset);
    }
  }

  /** The text ends at {@code offset}. */
  void end(long offset) {
    if (state == JsonState.NUMBER && number.mayEnd()) {
      endNumber(offset);
    }
    if (problem == null && state != JsonState.TRAILING) {
      fail(offset, expected(), "the end of the text");
    }
  }

  void fail(long offset, String expected, String found) {
    boolean inValue =
        switch (state) {
          case VALUE, COLON, NUMBER, WORD -> true;
          case STRING -> string != null;
          default -> false;
        };
    String path = inValue ? open.valuePath(string != null) : open.path();
    problem = new JsonProblem(path, offset, expected, found);
  }

  String expected() {
    return switch (state) {
      case WORD -> word;
      case LEADING -> framing == Framing.EXACT ? state.expected() : "an object";
      case STRING -> reader.expected();
      default -> state.expected();
    };
  }

  private void unexpected(char c, long offset) {
    String found =
        Character.isISOControl(c) || Character.isSurrogate(c)
            ? "the character U+%04X".formatted((int) c)
            : Excerpt.of(String.valueOf(c));
    fail(offset, expected(), found);
  }

  private void leading(char c, long offset) {
    if (framing == Framing.EXACT) {
      structure(c, offset);
    } else if (offset >= PartialJson.MOST_LEADING) {
      String within = "an object within the first " + PartialJson.MOST_LEADING + " characters";
      fail(offset, within, "other text");
    } else if (c == '{') {
      beginValue(c, offset);
    }
  }

  private void structure(char c, long offset) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      return;
    }
    switch (state) {
      case LEADING, VALUE -> beginValue(c, offset);
      case FIRST_ELEMENT -> {
        if (c == ']') {
          close(offset);
        } else {
          beginElement(c, offset);
        }
      }
      case FIRST_NAME, NAME -> beginName(c, offset);
      case COLON -> step(c, ':', JsonState.VALUE, offset);
      case AFTER_ELEMENT -> afterElement(c, offset);
      case AFTER_MEMBER -> {
        if (c == '}') {
          close(offset);
        } else {
          step(c, ',', JsonState.NAME, offset);
        }
      }
      default -> unexpected(c, offset);
    }
  }

  private void step(char c, char wanted, JsonState next, long offset) {
    if (c == wanted) {
      state = next;
    } else {
      unexpected(c, offset);
    }
  }

  private void afterElement(char c, long offset) {
    if (c == ']') {
      close(offset);
    } else if (c != ',') {
      unexpected(c, offset);
    } else if (hasPlace(offset)) {
      state = JsonState.VALUE;
    }
  }

  private void beginElement(char c, long offset) {
    if (hasPlace(offset)) {
      state = JsonState.VALUE;
      beginValue(c, offset);
    }
  }

  /** Whether the innermost array may have one more; the problem is the array's if not. */
  private boolean hasPlace(long offset) {
    JsonNode array = open.top();
    boolean place = ((ArrayNode) array).size() < SchemaCheck.mostElements(array.schema);
    if (!place) {
      fail(offset, array.schema.words(), "more");
    }
    return place;
  }

  private void beginName(char c, long offset) {
    if (c == '"') {
      state = JsonState.STRING;
      string = null;
    } else if (c == '}' && state == JsonState.FIRST_NAME) {
      close(offset);
    } else {
      unexpected(c, offset);
    }
  }

  private void beginValue(char c, long offset) {
    Kind kind = Kind.beginningWith(c);
    if (kind == null) {
      unexpected(c, offset);
      return;
    }
    Schema declared = open.isEmpty() ? schema : open.nextSchema();
    coming = SchemaCheck.narrow(declared, kind);
    if (coming == null) {
      state = JsonState.VALUE;
      fail(offset, declared.words(), kind.words());
    } else if (++values > limits.values()) {
      fail(offset, "at most " + limits.values() + " values", "more");
    } else {
      begin(kind, c, offset);
    }
  }

  private void begin(Kind kind, char c, long offset) {
    switch (kind) {
      case OBJECT -> descend(new ObjectNode(), JsonState.FIRST_NAME, offset);
      case ARRAY -> descend(new ArrayNode(), JsonState.FIRST_ELEMENT, offset);
      case STRING -> {
        string = new TextNode(text);
        attach(string);
        state = JsonState.STRING;
      }
      case NUMBER -> {
        text.append(c);
        number = NumberGrammar.begin(c);
        state = JsonState.NUMBER;
      }
      case BOOLEAN, NULL -> {
        word = c == 't' ? "true" : c == 'f' ? "false" : "null";
        wordAt = 1;
        state = JsonState.WORD;
      }
    }
  }

  private void descend(JsonNode container, JsonState next, long offset) {
    if (open.depth() == limits.depth()) {
      fail(offset, "at most " + limits.depth() + " levels", "a deeper one");
      return;
    }
    attach(container);
    open.push(container);
    state = next;
  }

  private void attach(JsonNode value) {
    value.schema = coming;
    if (open.isEmpty()) {
      root = value;
    } else {
      open.attach(value);
    }
    changes++;
  }

  private void close(long offset) {
    JsonNode container = open.top();
    container.complete();
    SchemaCheck.Misfit misfit = SchemaCheck.complete(container);
    if (misfit == null) {
      open.pop();
      valueEnds(container, offset);
    } else {
      fail(misfit.under(open.path()), offset, misfit);
    }
  }

  /** The value that is complete is checked already if it is a container. */
  private void valueEnds(JsonNode value, long offset) {
    boolean scalar = !(value instanceof ObjectNode || value instanceof ArrayNode);
    SchemaCheck.Misfit misfit = scalar ? SchemaCheck.complete(value) : null;
    if (misfit != null) {
      fail(open.valuePath(true), offset, misfit);
      return;
    }
    string = null;
    if (open.isEmpty()) {
      state = JsonState.TRAILING;
      return;
    }
    if (open.top() instanceof ObjectNode object) {
      misfit = SchemaCheck.memberEnds(object, open.name(), value);
      if (misfit != null) {
        fail(misfit.under(open.path()), offset, misfit);
        return;
      }
      state = JsonState.AFTER_MEMBER;
    } else {
      state = JsonState.AFTER_ELEMENT;
    }
  }

  private void fail(String path, long offset, SchemaCheck.Misfit misfit) {
    problem = new JsonProblem(path, offset, misfit.expected(), misfit.found());
  }

  private void inString(char c, long offset) {
    switch (reader.take(c)) {
      case MORE -> {
        // nothing to show yet
      }
      case GROWN -> visible();
      case END -> endString(offset);
      case BAD -> unexpected(c, offset);
    }
  }

  private void endString(long offset) {
    if (string == null) {
      String name = take();
      SchemaCheck.Misfit misfit = SchemaCheck.name((ObjectNode) open.top(), name);
      if (misfit != null) {
        fail(misfit.under(open.path()), offset, misfit);
        return;
      }
      open.enter(name);
      state = JsonState.COLON;
      return;
    }
    TextNode ended = string;
    ended.complete();
    text.setLength(0);
    if (!(ended.schema instanceof Schema.Text)) {
      changes++; // one of a choice counts only when it is whole
    }
    valueEnds(ended, offset);
  }

  private String take() {
    String taken = text.toString();
    text.setLength(0);
    return taken;
  }

  private void visible() {
    if (string != null) {
      changes++;
    }
  }

  private void number(char c, long offset) {
    NumberGrammar next = number.next(c);
    if (next != null) {
      number = next;
      text.append(c);
      if (text.length() > MOST_NUMBER_CHARS) {
        fail(offset, "a number of at most " + MOST_NUMBER_CHARS + " characters", "a longer one");
      }
    } else if (number.mayEnd()) {
      endNumber(offset);
      if (problem == null) {
        take(c, offset);
      }
    } else {
      unexpected(c, offset);
    }
  }

  private void endNumber(long offset) {
    JsonNode value = new NumberNode(take());
    attach(value);
    valueEnds(value, offset);
  }

  private void word(char c, long offset) {
    if (c != word.charAt(wordAt)) {
      unexpected(c, offset);
    } else if (++wordAt == word.length()) {
      JsonNode value = word.equals("null") ? new NullNode() : new BooleanNode(word.equals("true"));
      attach(value);
      valueEnds(value, offset);
    }
  }
}

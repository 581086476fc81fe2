package llm.core.dialect.openai;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ChatResult;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;

/**
 * The calls of an answer by their numbers: those of functions, and among them those of tools that
 * only this dialect knows, whose pieces are put together. Not thread-safe.
 */
final class AnsweredCalls {
  /** Where an answer has its calls. */
  static final String FIELD = "tool_calls";

  private static final String CUSTOM = "custom";
  private static final String INPUT = "input";
  private static final JsonText NOTHING = new JsonText("[]");

  private final ChatResult result;
  private final Map<Integer, ToolCall> functions = new TreeMap<>();
  private final Map<Integer, Custom> customs = new TreeMap<>();

  /** A call as far as it came. */
  private static final class Custom {
    private final Map<String, JsonText> fields = new LinkedHashMap<>();
    private final Map<String, JsonText> custom = new LinkedHashMap<>();
    private final StringBuilder input = new StringBuilder(); // as it stands between the quotes
  }

  AnsweredCalls(ChatResult result) {
    this.result = result;
    Iterator<ToolCall> called = result.toolCalls().iterator();
    for (StreamEvent event : result.course()) {
      if (event instanceof StreamEvent.ToolCallStarted start && called.hasNext()) {
        functions.put(start.index(), called.next());
      } else if (event instanceof StreamEvent.Aside(Dialect dialect, String _, JsonText json)
          && dialect.isReadAs(Dialect.OPENAI_CHAT)) {
        JsonText pieces = JsonFields.of(json).getOrDefault(FIELD, NOTHING);
        JsonFields.elements(pieces).forEach(this::add);
      }
    }
  }

  private void add(JsonText piece) {
    Map<String, JsonText> fields = JsonFields.of(piece);
    int number = Integer.parseInt(fields.remove("index").value());
    Custom call = customs.computeIfAbsent(number, _ -> new Custom());
    fields.forEach((name, value) -> {
      call.fields.put(name, value);
      if (name.equals(CUSTOM)) {
        JsonFields.of(value).forEach((inner, said) -> grow(call, inner, said));
      }
    });
  }

  private static void grow(Custom call, String name, JsonText value) {
    call.custom.put(name, value);
    if (name.equals(INPUT) && value.value().startsWith("\"")) {
      call.input.append(value.value(), 1, value.value().length() - 1);
    }
  }

  /** Whether there is none. */
  boolean isEmpty() {
    return result.toolCalls().isEmpty() && customs.isEmpty();
  }

  /** Adds them, where there are any, to the object that is open in {@code out}. */
  void write(JsonOut out) {
    if (isEmpty()) {
      return;
    }
    if (customs.isEmpty()) {
      ToolCallsWriter.write(result.toolCalls(), out);
      return;
    }
    var all = new TreeMap<Integer, Object>(functions);
    all.putAll(customs);
    out.name(FIELD).array();
    for (int number : all.keySet()) {
      if (customs.containsKey(number)) {
        write(customs.get(number), out);
      } else {
        ToolCallsWriter.write(functions.get(number), out);
      }
    }
    out.endArray();
  }

  private static void write(Custom call, JsonOut out) {
    if (!call.input.isEmpty()) {
      call.custom.put(INPUT, new JsonText('"' + call.input.toString() + '"'));
    }
    call.fields.put(CUSTOM, JsonFields.object(call.custom));
    out.json(JsonFields.object(call.fields));
  }
}

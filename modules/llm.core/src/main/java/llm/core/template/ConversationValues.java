package llm.core.template;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.MarkedCalls;
import llm.core.template.value.Text;
import llm.core.template.value.TextBuilder;
import llm.core.template.value.Value;
import llm.core.template.value.ValueJson;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Thought;

/**
 * A request as the values that templates know: {@code messages} and {@code tools} as OpenAI has
 * them. Every word of the caller has a label that tells where it stood.
 */
final class ConversationValues {
  private static final int LABELS = 4; // of a message
  private static final int CONTENT = 1;
  private static final int CALLS = 2;
  private static final int THOUGHT = 3;
  private static final int REST = 4;
  private static final int TOOLS = 1 << 28;

  /** What Phi 4's system says besides the tools, by its model card. */
  private static final String TOOLS_WORDS = "You are a helpful assistant with some tools.";

  /**
   * The role of results there: a template that makes control tokens of roles makes its own of it.
   */
  private static final String RESULT = "tool_response";

  private final ChatRequest request;
  private final List<Message> messages;
  private final TemplateShape shape;
  private final Optional<MarkedCalls> marked; // where they are words of messages
  private final Map<String, String> names = new HashMap<>(); // of tools by calls
  private final Map<Integer, String> expected = new LinkedHashMap<>(); // paths by labels
  private long characters;

  ConversationValues(ChatRequest request, TemplateShape shape, AnswerFormat format) {
    this.request = request;
    this.shape = shape;
    this.marked =
        shape.tools() == TemplateShape.Tools.FIELDS ? Optional.empty() : MarkedCalls.of(format);
    this.messages =
        shape.system() == TemplateShape.System.MERGED
            ? merged(request.messages())
            : request.messages();
  }

  /** Labels that have to reach the prompt, by what they are in the request. */
  Map<Integer, String> expected() {
    return expected;
  }

  /** The label of the last message's words. */
  int lastWords() {
    return (messages.size() - 1) * LABELS + CONTENT;
  }

  /** How much the caller said. */
  long characters() {
    return characters;
  }

  Value messages() {
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      values.add(message(messages.get(i), i));
    }
    if (isOfSystem() && (messages.isEmpty() || messages.getFirst().role() != Role.SYSTEM)) {
      Map<String, Value> system = new LinkedHashMap<>();
      system.put("role", Value.of(Role.SYSTEM.wireName()));
      system.put("content", Value.of(TOOLS_WORDS));
      system.put("tools", toolsOfSystem());
      values.addFirst(ValueJson.dict(system));
    }
    return Value.list(values);
  }

  /** Whether tools are offered that the system's message has. */
  private boolean isOfSystem() {
    return shape.tools() == TemplateShape.Tools.SYSTEM && offersTools();
  }

  private boolean offersTools() {
    return !request.tools().isEmpty() && !(request.toolChoice() instanceof ToolChoice.None);
  }

  private Value toolsOfSystem() {
    var json = new TextBuilder().append("[");
    for (int i = 0; i < request.tools().size(); i++) {
      String tool = SpokenTools.json(request.tools().get(i));
      characters += tool.length();
      json.append(i == 0 ? "" : ", ").append(tool, TOOLS + i);
      expected.put(TOOLS + i, "tools");
    }
    return Value.of(json.append("]").toText());
  }

  /** The tools that may be called; none when there are none. */
  Value tools() {
    if (!offersTools() || shape.tools() == TemplateShape.Tools.SYSTEM) {
      return Value.NONE;
    }
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < request.tools().size(); i++) {
      values.add(tool(request.tools().get(i), TOOLS + i));
      expected.put(TOOLS + i, "tools");
    }
    return Value.list(values);
  }

  private Value tool(ToolDefinition tool, int label) {
    Map<String, Value> function = new LinkedHashMap<>();
    function.put("name", said(tool.name(), label));
    tool.description().ifPresent(words -> function.put("description", said(words, label)));
    function.put("parameters", json(tool.parameters(), label));
    Map<String, Value> value = new LinkedHashMap<>();
    value.put("type", Value.of("function"));
    value.put("function", ValueJson.dict(function));
    return ValueJson.dict(value);
  }

  private Value message(Message message, int index) {
    int label = index * LABELS;
    Map<String, Value> value = new LinkedHashMap<>();
    boolean result = message.role() == Role.TOOL;
    value.put(
        "role",
        Value.of(
            result && shape.tools() == TemplateShape.Tools.SYSTEM
                ? RESULT
                : message.role().wireName()));
    value.put("content", content(message, index, label));
    if (index == 0 && message.role() == Role.SYSTEM && isOfSystem()) {
      value.put("tools", toolsOfSystem());
    }
    message.name().ifPresent(name -> value.put("name", said(name, label + REST)));
    String thoughts =
        message.thoughts().stream().map(Thought::text).collect(Collectors.joining("\n"));
    if (!thoughts.isEmpty()) {
      value.put("reasoning_content", said(thoughts, label + THOUGHT));
      value.put("thinking", said(thoughts, label + THOUGHT));
    }
    if (!message.toolCalls().isEmpty()) {
      expected.put(label + CALLS, "messages[" + index + "].tool_calls");
      if (marked.isEmpty()) {
        value.put("tool_calls", calls(message.toolCalls(), label + CALLS));
      }
    }
    message
        .toolCallId()
        .ifPresent(id -> {
          value.put("tool_call_id", said(id(id), label + REST));
          if (names.containsKey(id)) {
            value.put("name", said(names.get(id), label + REST));
          }
        });
    return ValueJson.dict(value);
  }

  private Value content(Message message, int index, int label) {
    String text = message.text();
    boolean calls = !message.toolCalls().isEmpty();
    if (text.isEmpty() && calls && marked.isEmpty()) {
      return shape.absent() == TemplateShape.Absent.NONE ? Value.NONE : Value.of("");
    }
    if (!text.isBlank()) {
      expected.put(label + CONTENT, "messages[" + index + "].content");
    }
    Value words =
        calls && marked.isPresent()
            ? written(message, marked.get(), label)
            : said(text, label + CONTENT);
    if (shape.content() == TemplateShape.Content.STRING) {
      return words;
    }
    Map<String, Value> part = new LinkedHashMap<>();
    part.put("type", Value.of("text"));
    part.put("text", words);
    return Value.list(List.of(ValueJson.dict(part)));
  }

  /** Its calls, whose marks are the template's words, and its text. */
  private Value written(Message message, MarkedCalls form, int label) {
    message.toolCalls().forEach(call -> names.put(call.id(), call.name()));
    String list = form.list(message.toolCalls());
    characters += list.length() + message.text().length();
    return Value.of(
        new TextBuilder()
            .append(form.begin())
            .append(list, label + CALLS)
            .append(form.end())
            .append(message.text(), label + CONTENT)
            .toText());
  }

  private Value calls(List<ToolCall> calls, int label) {
    List<Value> values = new ArrayList<>();
    for (ToolCall call : calls) {
      names.put(call.id(), call.name());
      Map<String, Value> function = new LinkedHashMap<>();
      function.put("name", said(call.name(), label));
      function.put(
          "arguments",
          shape.arguments() == TemplateShape.Arguments.OBJECT
              ? json(call.arguments(), label)
              : said(call.arguments().value(), label));
      Map<String, Value> value = new LinkedHashMap<>();
      value.put("id", said(id(call.id()), label + REST - CALLS));
      value.put("type", Value.of("function"));
      value.put("function", ValueJson.dict(function));
      values.add(ValueJson.dict(value));
    }
    return Value.list(values);
  }

  private String id(String id) {
    if (shape.ids() == TemplateShape.Ids.KEPT || id.matches("[A-Za-z0-9]{9}")) {
      return id;
    }
    var sum = new CRC32();
    sum.update(id.getBytes(StandardCharsets.UTF_8));
    String digits = "000000000" + Long.toString(sum.getValue(), 36);
    return digits.substring(digits.length() - 9);
  }

  private Value json(JsonText json, int label) {
    characters += json.value().length();
    return JsonValues.read(json, label).orElseGet(() -> said(json.value(), label));
  }

  private Value said(String words, int label) {
    characters += words.length();
    return Value.of(Text.of(words, label));
  }

  private static List<Message> merged(List<Message> messages) {
    List<Message> merged = new ArrayList<>();
    Optional<String> system = Optional.empty();
    for (Message message : messages) {
      if (message.role() == Role.SYSTEM) {
        String before = system.map(words -> words + "\n\n").orElse("");
        system = Optional.of(before + message.text());
      } else if (message.role() == Role.USER && system.isPresent()) {
        merged.add(Message.user(system.get() + "\n\n" + message.text()));
        system = Optional.empty();
      } else {
        merged.add(message);
      }
    }
    system.ifPresent(words -> merged.add(Message.user(words)));
    return merged;
  }
}

package llm.core.dialect.responses;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonFields;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Puts the items of a conversation together to messages. What a model gave in one go, which are
 * several items here (reasoning, text, calls), becomes one assistant's message again. Ids and
 * statuses of items say nothing to a model and are read over. Not thread-safe; one conversation
 * each.
 */
final class InputReader {
  private static final String CALL = "every function_call needs it";

  /** Where a message keeps the reasoning before it, where our thoughts do not tell all of it. */
  private static final String RAW = "reasoning";

  private final FirstRefusal undone;
  private final boolean inOrder;
  private final ContentReader contents;
  private final List<Message> messages = new ArrayList<>();

  // The assistant's message that is being put together:
  private final List<Thought> thoughts = new ArrayList<>();
  private final List<Part> parts = new ArrayList<>();
  private final List<ToolCall> calls = new ArrayList<>();
  private final List<JsonText> raw = new ArrayList<>(); // its items of reasoning
  private boolean isRaw; // as one of them says more than a thought
  private final Map<String, JsonText> others = new LinkedHashMap<>();

  /**
   * No messages yet.
   *
   * @param undone takes the refusals of what only some providers do
   * @param inOrder whether what follows calls is a message of its own, as the items stand; else it
   *     joins them, as dialects need it whose results follow their calls at once
   */
  InputReader(FirstRefusal undone, boolean inOrder) {
    this.undone = undone;
    this.inOrder = inOrder;
    this.contents = new ContentReader(undone);
  }

  /** Adds an item, which stands at {@code path}. */
  void add(JsonText item, String path) throws LlmException {
    Fields fields = Fields.of(item, path);
    Optional<String> type = fields.string("type");
    if (type.isEmpty() && !fields.left().containsKey("role")) {
      throw Refusals.missing(fields.path("type"), "an item that is no message needs one");
    }
    fields.take("id");
    fields.take("status");
    switch (type.orElse("message")) {
      case "message" -> message(fields);
      case "function_call" -> call(fields);
      case "function_call_output" -> result(fields);
      case "reasoning" -> reasoning(fields);
      case String other -> foreign(other, item, path);
    }
  }

  /** All messages. */
  List<Message> messages() {
    flush();
    return messages;
  }

  private void message(Fields fields) throws LlmException {
    String role = fields.string("role", "every message needs one");
    List<Part> content =
        fields
            .take("content", contents::content)
            .orElseThrow(() -> Refusals.missing(fields.path("content"), "every message needs it"));
    switch (role) {
      case "user" -> add(Role.USER, content, fields);
      case "system", "developer" -> add(Role.SYSTEM, content, fields);
      case "assistant" -> {
        if (!parts.isEmpty() && calls.isEmpty() || inOrder && !calls.isEmpty()) {
          flush(); // two answers one after the other
        }
        parts.addAll(content);
        others.putAll(fields.left());
      }
      default ->
          throw Refusals.invalid(
              fields.path("role"),
              fields.path("role")
                  + " '"
                  + Excerpt.shortened(role)
                  + "' must be user, assistant, system or developer");
    }
  }

  private void add(Role role, List<Part> content, Fields fields) {
    flush();
    messages.add(
        Message.of(role, content)
            .withExtensions(Extensions.of(Dialect.OPENAI_RESPONSES, fields.left())));
  }

  private void call(Fields fields) throws LlmException {
    String id = fields.string("call_id", CALL);
    String name = fields.string("name", CALL);
    String arguments = fields.string("arguments", CALL);
    var more = Extensions.of(Dialect.OPENAI_RESPONSES, fields.left());
    calls.add(legal(fields.path(), () -> new ToolCall(id, name, new JsonText(arguments), more)));
  }

  private void result(Fields fields) throws LlmException {
    String id = fields.string("call_id", "it names the call it answers");
    List<Part> content =
        fields
            .take("output", contents::content)
            .orElseThrow(
                () -> Refusals.missing(fields.path("output"), "it is what the call came to"));
    flush();
    messages.add(
        legal(
            fields.path(),
            () ->
                new Message(
                    Role.TOOL,
                    content,
                    List.of(),
                    Optional.of(id),
                    false,
                    Optional.empty(),
                    List.of(),
                    Extensions.of(Dialect.OPENAI_RESPONSES, fields.left()))));
  }

  private void reasoning(Fields fields) throws LlmException {
    var whole = new LinkedHashMap<String, JsonText>();
    whole.put("type", new JsonText("\"reasoning\""));
    whole.putAll(fields.left());
    JsonText item = JsonFields.object(whole);
    String shown = texts(fields.take("content", InputReader::texts), "");
    String summary = texts(fields.take("summary", InputReader::texts), Asides.PARAGRAPH);
    String text = shown.isEmpty() ? summary : shown;
    Optional<Proof> proof =
        fields.string("encrypted_content").map(data -> Proof.read(data, Dialect.OPENAI_RESPONSES));
    if (!parts.isEmpty() && calls.isEmpty() || inOrder && !calls.isEmpty()) {
      flush();
    }
    raw.add(item);
    boolean isWhole = proof.isPresent() && shown.isEmpty() && !summary.contains(Asides.PARAGRAPH);
    isRaw |= !isWhole || !fields.left().isEmpty();
    if (proof.isPresent() && text.isEmpty()) {
      thoughts.add(Thought.hidden(proof.get()));
    } else if (!text.isEmpty()) {
      thoughts.add(proof.map(mine -> Thought.signed(text, mine)).orElseGet(() -> Thought.of(text)));
    }
  }

  private static String texts(Optional<List<String>> texts, String between) {
    return String.join(between, texts.orElse(List.of()));
  }

  private static List<String> texts(JsonCursor in) throws LlmException {
    var texts = new ArrayList<String>();
    in.array(_ ->
        in.object(name -> {
          if (name.equals("text")) {
            texts.add(in.string());
          }
        }));
    return texts;
  }

  /** An item that only the dialect knows stands as the one part of a message. */
  private void foreign(String type, JsonText item, String path) {
    undone.add(() ->
        Refusals.unsupported(
            path,
            "items of type '"
                + Excerpt.shortened(type)
                + "'; send message, reasoning, function_call and function_call_output items"));
    flush();
    Role role = type.endsWith("_output") ? Role.USER : Role.ASSISTANT;
    messages.add(
        Message.of(
            role,
            List.of(new Part.Foreign(Dialect.OPENAI_RESPONSES, Excerpt.shortened(type), item))));
  }

  private void flush() {
    if (isRaw) {
      others.put(RAW, JsonFields.array(raw));
    }
    raw.clear();
    isRaw = false;
    if (thoughts.isEmpty() && parts.isEmpty() && calls.isEmpty() && others.isEmpty()) {
      return;
    }
    boolean isSaid = !parts.isEmpty() || !calls.isEmpty();
    messages.add(
        new Message(
            Role.ASSISTANT,
            isSaid ? parts : List.of(new Part.Text("")),
            calls,
            Optional.empty(),
            false,
            Optional.empty(),
            thoughts,
            Extensions.of(Dialect.OPENAI_RESPONSES, others)));
    Stream.of(thoughts, parts, calls).forEach(List::clear);
    others.clear();
  }

  private static <T> T legal(String path, java.util.function.Supplier<T> value)
      throws LlmException {
    try {
      return value.get();
    } catch (IllegalArgumentException illegal) {
      throw Refusals.invalid(path, illegal.getMessage());
    }
  }
}

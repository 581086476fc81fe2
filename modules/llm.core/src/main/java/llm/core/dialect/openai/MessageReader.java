package llm.core.dialect.openai;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads the {@code messages} of a chat body. Fields may come in any order, so a message is put
 * together when its object has ended.
 *
 * <p>{@code reasoning_content} of earlier answers is kept as a thought. What has no place in our
 * types, fields and parts, is kept for providers that speak the dialect, and refused elsewhere;
 * {@code annotations} that say nothing are read over.
 */
final class MessageReader {
  private Optional<String> role = Optional.empty();
  private Optional<List<Part>> content = Optional.empty();
  private String reasoning = "";
  private Optional<JsonText> details = Optional.empty();
  private final Map<String, JsonText> others = new LinkedHashMap<>();
  private final FirstRefusal undone;
  private List<ToolCall> toolCalls = List.of();
  private Optional<String> toolCallId = Optional.empty();
  private Optional<String> name = Optional.empty();

  private MessageReader(FirstRefusal undone) {
    this.undone = undone;
  }

  /**
   * The messages of the array the cursor stands on.
   *
   * @param undone takes the refusals of what only some providers do
   */
  static List<Message> messages(JsonCursor in, FirstRefusal undone) throws LlmException {
    var messages = new ArrayList<Message>();
    in.array(_ -> messages.add(new MessageReader(undone).message(in)));
    if (messages.isEmpty()) {
      throw in.refusal("messages must hold at least one message");
    }
    return List.copyOf(messages);
  }

  private Message message(JsonCursor in) throws LlmException {
    in.object(field -> take(field, in));
    Role speaker = speaker(in);
    requireFields(speaker, in);
    List<Thought> thoughts =
        ReasoningDetails.read(details, reasoning, in.path(ReasoningDetails.FIELD));
    return in.legal(() ->
        new Message(
            speaker,
            content.orElse(List.of()),
            toolCalls,
            toolCallId,
            false,
            name,
            speaker == Role.ASSISTANT ? thoughts : List.of(),
            Extensions.of(Dialect.OPENAI_CHAT, others)));
  }

  private void take(String field, JsonCursor in) throws LlmException {
    switch (field) {
      case "role" -> role = Optional.of(in.string());
      case "content" -> content = Optional.of(content(in));
      case "tool_calls" -> toolCalls = toolCalls(in);
      case "tool_call_id" -> toolCallId = Optional.of(in.string());
      case "name" -> name = Optional.of(in.string());
      case "reasoning_content", "reasoning" -> {
        String thought = in.string();
        reasoning = reasoning.isEmpty() ? thought : reasoning; // by two names, if by both
      }
      case ReasoningDetails.FIELD -> details = Optional.of(in.cut());
      case "annotations" -> annotations(in);
      case "function_call" -> throw unsupported(in, "function calls; use tool_calls");
      default -> {
        undone.add(() -> unknown(in, "message field", field));
        others.put(field, in.cut());
      }
    }
  }

  private Role speaker(JsonCursor in) throws LlmException {
    if (role.isEmpty()) {
      throw missing(in, "role", "every message needs one");
    }
    return switch (role.get()) {
      case "system", "developer" -> Role.SYSTEM;
      case "user" -> Role.USER;
      case "assistant" -> Role.ASSISTANT;
      case "tool" -> Role.TOOL;
      case "function" ->
          throw new LlmException(
              new LlmError.Unsupported(
                  in.path("role"), "Role 'function' is not supported; use role 'tool'."));
      default ->
          throw new LlmException(
              LlmError.InvalidRequest.at(
                  in.path("role"),
                  in.path("role")
                      + " '"
                      + Excerpt.shortened(role.get())
                      + "' must be system, developer, user, assistant or tool"));
    };
  }

  private void requireFields(Role speaker, JsonCursor in) throws LlmException {
    if (content.isEmpty() && (speaker != Role.ASSISTANT || toolCalls.isEmpty())) {
      throw missing(
          in,
          "content",
          speaker == Role.ASSISTANT
              ? "an assistant message needs content or tool_calls"
              : "a " + speaker.wireName() + " message needs it");
    }
    if (speaker == Role.TOOL && toolCallId.isEmpty()) {
      throw missing(in, "tool_call_id", "a tool message names the call it answers");
    }
    if (speaker != Role.TOOL && toolCallId.isPresent()) {
      throw misplaced(in, "tool_call_id", "only a tool message answers a call");
    }
    if (speaker != Role.ASSISTANT && !toolCalls.isEmpty()) {
      throw misplaced(in, "tool_calls", "only an assistant message calls tools");
    }
  }

  private List<Part> content(JsonCursor in) throws LlmException {
    if (in.isString()) {
      String text = in.string();
      return text.isEmpty() ? List.of() : List.of(new Part.Text(text));
    }
    if (!in.isArray()) {
      throw in.expected("a string or an array of parts");
    }
    var parts = new ArrayList<Part>();
    in.array(_ -> parts.add(PartReader.part(in, undone)));
    if (parts.isEmpty()) {
      throw in.refusal(in.path() + " must hold at least one part");
    }
    return parts;
  }

  private List<ToolCall> toolCalls(JsonCursor in) throws LlmException {
    var calls = new ArrayList<ToolCall>();
    in.array(_ -> calls.add(toolCall(in)));
    return List.copyOf(calls);
  }

  private ToolCall toolCall(JsonCursor in) throws LlmException {
    JsonText whole = in.cutObject();
    if (ToolReader.isForeign(whole, in)) {
      undone.add(() -> ToolReader.unsupported(in, "calls of tools"));
      return JsonCursor.piece(whole, in.path(), MessageReader::foreignCall);
    }
    return JsonCursor.piece(whole, in.path(), this::functionCall);
  }

  /** A call of a tool that is no function: all it says, but its id, is its dialect's. */
  private static ToolCall foreignCall(JsonCursor in) throws LlmException {
    var call = new CallFields();
    in.object(field -> {
      switch (field) {
        case "id" -> call.id = Optional.of(in.string());
        case "index" -> in.integer();
        default -> {
          JsonText value = in.cut();
          call.others.put(field, value);
          if (field.equals("custom")) {
            JsonCursor.piece(
                value,
                in.path(),
                piece -> {
                  piece.object(inner -> called(inner, call, piece));
                  return call;
                });
          }
        }
      }
    });
    String id = call.id.orElseThrow(() -> missing(in, "id", "every tool call needs one"));
    return in.legal(() ->
        new ToolCall(
            id,
            call.name.orElse("custom"),
            call.arguments.map(JsonText::new).orElse(JsonText.EMPTY_OBJECT),
            Extensions.of(Dialect.OPENAI_CHAT, call.others)));
  }

  private static void called(String field, CallFields call, JsonCursor in) throws LlmException {
    switch (field) {
      case "name" -> call.name = Optional.of(in.string());
      case "input" -> call.arguments = Optional.of(in.string());
      default -> {
        // stays with the others
      }
    }
  }

  private ToolCall functionCall(JsonCursor in) throws LlmException {
    var call = new CallFields();
    in.object(field -> {
      switch (field) {
        case "id" -> call.id = Optional.of(in.string());
        case "type" -> in.string();
        case "index" -> in.integer();
        case "function" -> in.object(inner -> function(inner, call, in));
        default -> {
          undone.add(() -> unknown(in, "tool call field", field));
          call.others.put(field, in.cut());
        }
      }
    });
    String id = call.id.orElseThrow(() -> missing(in, "id", "every tool call needs one"));
    String tool =
        call.name.orElseThrow(() -> missing(in, "function.name", "every tool call needs one"));
    String arguments =
        call.arguments.orElseThrow(
            () -> missing(in, "function.arguments", "every tool call needs them"));
    return in.legal(() ->
        new ToolCall(
            id, tool, new JsonText(arguments), Extensions.of(Dialect.OPENAI_CHAT, call.others)));
  }

  private static void function(String field, CallFields call, JsonCursor in) throws LlmException {
    switch (field) {
      case "name" -> call.name = Optional.of(in.string());
      case "arguments" -> call.arguments = Optional.of(in.string());
      default -> throw unknown(in, "function field", field);
    }
  }

  /** Kept where they say something. */
  private void annotations(JsonCursor in) throws LlmException {
    JsonText all = in.cut();
    var none = new boolean[] {true};
    JsonCursor.piece(
        all,
        in.path(),
        piece -> {
          piece.array(_ -> none[0] = false);
          return none;
        });
    if (!none[0]) {
      undone.add(() -> unsupported(in, "annotations; leave them out"));
      others.put("annotations", all);
    }
  }

  static LlmException unsupported(JsonCursor in, String what) {
    String sentence = "This server does not support " + what + ".";
    return new LlmException(new LlmError.Unsupported(in.path(), sentence));
  }

  /** A field that is not known at a place where nothing can be relayed. */
  static LlmException unknown(JsonCursor in, String kind, String name) {
    return unsupported(in, "the " + kind + " '" + Excerpt.shortened(name) + "'; leave it out");
  }

  static LlmException missing(JsonCursor in, String field, String why) {
    String path = in.path(field);
    return new LlmException(LlmError.InvalidRequest.at(path, path + " is missing; " + why));
  }

  private static LlmException misplaced(JsonCursor in, String field, String why) {
    String path = in.path(field);
    return new LlmException(
        LlmError.InvalidRequest.at(path, path + " does not belong here; " + why));
  }

  private static final class CallFields {
    private Optional<String> id = Optional.empty();
    private Optional<String> name = Optional.empty();
    private Optional<String> arguments = Optional.empty();
    private final Map<String, JsonText> others = new LinkedHashMap<>();
  }
}

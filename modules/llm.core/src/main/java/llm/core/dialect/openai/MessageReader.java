package llm.core.dialect.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Reads the {@code messages} of a chat body. Fields may come in any order, so a message is put
 * together when its object has ended.
 *
 * <p>Text parts are joined by a line feed. {@code reasoning_content} of earlier answers is read
 * over: reasoning is not part of later prompts. So are {@code refusal}, {@code annotations} and
 * {@code index} as clients send them back, as long as they say nothing.
 */
final class MessageReader {
  private Optional<String> role = Optional.empty();
  private Optional<String> content = Optional.empty();
  private List<ToolCall> toolCalls = List.of();
  private Optional<String> toolCallId = Optional.empty();
  private Optional<String> name = Optional.empty();

  private MessageReader() {}

  /** The messages of the array the cursor stands on. */
  static List<Message> messages(JsonCursor in) throws LlmException {
    var messages = new ArrayList<Message>();
    in.array(_ -> messages.add(new MessageReader().message(in)));
    if (messages.isEmpty()) {
      throw in.refusal("messages must hold at least one message");
    }
    return List.copyOf(messages);
  }

  private Message message(JsonCursor in) throws LlmException {
    in.object(field -> take(field, in));
    Role speaker = speaker(in);
    requireFields(speaker, in);
    return in.legal(() -> new Message(speaker, content.orElse(""), toolCalls, toolCallId, name));
  }

  private void take(String field, JsonCursor in) throws LlmException {
    switch (field) {
      case "role" -> role = Optional.of(in.string());
      case "content" -> content = Optional.of(content(in));
      case "tool_calls" -> toolCalls = toolCalls(in);
      case "tool_call_id" -> toolCallId = Optional.of(in.string());
      case "name" -> name = Optional.of(in.string());
      case "reasoning_content" -> in.string();
      case "annotations" -> requireNone(in);
      case "function_call" -> throw unsupported(in, "function calls; use tool_calls");
      default -> throw unknown(in, "message field", field);
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
                      + shortened(role.get())
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

  private static String content(JsonCursor in) throws LlmException {
    if (in.isString()) {
      return in.string();
    }
    if (!in.isArray()) {
      throw in.expected("a string or an array of text parts");
    }
    var parts = new ArrayList<String>();
    in.array(_ -> parts.add(part(in)));
    if (parts.isEmpty()) {
      throw in.refusal(in.path() + " must hold at least one part");
    }
    return String.join("\n", parts);
  }

  private static String part(JsonCursor in) throws LlmException {
    var type = new StringBuilder();
    var text = new ArrayList<String>();
    var other = new ArrayList<String>();
    in.object(field -> {
      switch (field) {
        case "type" -> type.append(in.string());
        case "text" -> text.add(in.string());
        default -> other.add(field);
      }
    });
    if (type.isEmpty()) {
      throw missing(in, "type", "every part needs one");
    }
    if (!type.toString().equals("text")) {
      throw unsupported(in, "content parts of type '" + shortened(type) + "'; send text parts");
    }
    if (!other.isEmpty()) {
      throw unsupported(in, "'" + shortened(other.getFirst()) + "' in a text part; leave it out");
    }
    if (text.isEmpty()) {
      throw missing(in, "text", "a text part needs it");
    }
    return text.getFirst();
  }

  private static List<ToolCall> toolCalls(JsonCursor in) throws LlmException {
    var calls = new ArrayList<ToolCall>();
    in.array(_ -> calls.add(toolCall(in)));
    return List.copyOf(calls);
  }

  private static ToolCall toolCall(JsonCursor in) throws LlmException {
    var call = new CallFields();
    in.object(field -> {
      switch (field) {
        case "id" -> call.id = Optional.of(in.string());
        case "type" -> ToolReader.requireFunction(in);
        case "index" -> in.integer();
        case "function" -> in.object(inner -> function(inner, call, in));
        default -> throw unknown(in, "tool call field", field);
      }
    });
    String id = call.id.orElseThrow(() -> missing(in, "id", "every tool call needs one"));
    String tool =
        call.name.orElseThrow(() -> missing(in, "function.name", "every tool call needs one"));
    String arguments =
        call.arguments.orElseThrow(
            () -> missing(in, "function.arguments", "every tool call needs them"));
    return in.legal(() -> new ToolCall(id, tool, new JsonText(arguments)));
  }

  private static void function(String field, CallFields call, JsonCursor in) throws LlmException {
    switch (field) {
      case "name" -> call.name = Optional.of(in.string());
      case "arguments" -> call.arguments = Optional.of(in.string());
      default -> throw unknown(in, "function field", field);
    }
  }

  private static void requireNone(JsonCursor in) throws LlmException {
    in.array(_ -> {
      throw unsupported(in, "annotations; leave them out");
    });
  }

  static LlmException unsupported(JsonCursor in, String what) {
    String sentence = "This server does not support " + what + ".";
    return new LlmException(new LlmError.Unsupported(in.path(), sentence));
  }

  /** A field that is not known at a place where nothing can be relayed. */
  static LlmException unknown(JsonCursor in, String kind, String name) {
    return unsupported(in, "the " + kind + " '" + shortened(name) + "'; leave it out");
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

  private static String shortened(CharSequence text) {
    return text.length() <= 64 ? text.toString() : text.subSequence(0, 64) + "…";
  }

  private static final class CallFields {
    private Optional<String> id = Optional.empty();
    private Optional<String> name = Optional.empty();
    private Optional<String> arguments = Optional.empty();
  }
}

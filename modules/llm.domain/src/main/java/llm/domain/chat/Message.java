package llm.domain.chat;

import java.util.List;
import java.util.Optional;

/**
 * One message of a conversation.
 *
 * @param role who speaks
 * @param text what is said; empty for an assistant message that only calls tools
 * @param toolCalls the calls an assistant message makes; empty for other roles
 * @param toolCallId for role TOOL, the call this is the result of; not blank
 * @param name the speaker's name where the dialect carries one
 */
public record Message(
    Role role,
    String text,
    List<ToolCall> toolCalls,
    Optional<String> toolCallId,
    Optional<String> name) {

  /** Copies the list; rejects tool calls and tool results in the wrong role. */
  public Message {
    toolCalls = List.copyOf(toolCalls);
    if (!toolCalls.isEmpty() && role != Role.ASSISTANT) {
      throw new IllegalArgumentException(
          "only an assistant message calls tools, not " + role.wireName());
    }
    if (toolCallId.isPresent() != (role == Role.TOOL)) {
      throw new IllegalArgumentException(
          "a tool message, and no other, names the call it answers (tool_call_id); role is "
              + role.wireName());
    }
    if (toolCallId.filter(String::isBlank).isPresent()) {
      throw new IllegalArgumentException("tool_call_id must not be blank");
    }
  }

  /** A system message. */
  public static Message system(String text) {
    return plain(Role.SYSTEM, text);
  }

  /** A user's message. */
  public static Message user(String text) {
    return plain(Role.USER, text);
  }

  /** An assistant's answer in words. */
  public static Message assistant(String text) {
    return plain(Role.ASSISTANT, text);
  }

  /** An assistant's answer with tool calls; the text may be empty. */
  public static Message assistant(String text, List<ToolCall> toolCalls) {
    return new Message(Role.ASSISTANT, text, toolCalls, Optional.empty(), Optional.empty());
  }

  /** The result of the tool call {@code toolCallId}. */
  public static Message tool(String toolCallId, String text) {
    return new Message(Role.TOOL, text, List.of(), Optional.of(toolCallId), Optional.empty());
  }

  private static Message plain(Role role, String text) {
    return new Message(role, text, List.of(), Optional.empty(), Optional.empty());
  }
}

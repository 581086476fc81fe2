package llm.domain.chat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import llm.domain.content.Thought;

/**
 * One message of a conversation.
 *
 * @param role who speaks
 * @param parts what is said and shown; empty for an assistant message that only calls tools
 * @param toolCalls the calls an assistant message makes; empty for other roles
 * @param toolCallId for role TOOL, the call this is the result of; not blank
 * @param failed for role TOOL, whether the call failed and this says why
 * @param name the speaker's name where the dialect carries one
 * @param thoughts what an assistant thought before it
 * @param extensions fields that only the dialect knows that this came in
 */
public record Message(
    Role role,
    List<Part> parts,
    List<ToolCall> toolCalls,
    Optional<String> toolCallId,
    boolean failed,
    Optional<String> name,
    List<Thought> thoughts,
    Extensions extensions) {

  /** Copies the lists; rejects what is in the wrong role. */
  public Message {
    parts = List.copyOf(parts);
    toolCalls = List.copyOf(toolCalls);
    thoughts = List.copyOf(thoughts);
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
    if (failed && role != Role.TOOL) {
      throw new IllegalArgumentException("only a tool's result tells of a failure");
    }
    if (!thoughts.isEmpty() && role != Role.ASSISTANT) {
      throw new IllegalArgumentException("only an assistant message has thoughts");
    }
  }

  /** A message of words alone; empty ones are no part. */
  public Message(
      Role role,
      String text,
      List<ToolCall> toolCalls,
      Optional<String> toolCallId,
      Optional<String> name) {
    this(role, words(text), toolCalls, toolCallId, false, name, List.of(), Extensions.NONE);
  }

  /** A system message. */
  public static Message system(String text) {
    return plain(Role.SYSTEM, text);
  }

  /** A user's message. */
  public static Message user(String text) {
    return plain(Role.USER, text);
  }

  /** A message of parts. */
  public static Message of(Role role, List<Part> parts) {
    return new Message(
        role,
        parts,
        List.of(),
        Optional.empty(),
        false,
        Optional.empty(),
        List.of(),
        Extensions.NONE);
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

  /** Its words: text parts, joined by line feeds; empty where there are none. */
  public String text() {
    if (parts.size() == 1 && parts.getFirst() instanceof Part.Text(String text, Extensions _)) {
      return text;
    }
    return parts.stream()
        .filter(Part.Text.class::isInstance)
        .map(part -> ((Part.Text) part).text())
        .collect(Collectors.joining("\n"));
  }

  /** Whether it is words and nothing else. */
  public boolean isPlain() {
    return parts.isEmpty() || parts.size() == 1 && parts.getFirst() instanceof Part.Text;
  }

  /** The same with these thoughts. */
  public Message withThoughts(List<Thought> other) {
    return new Message(role, parts, toolCalls, toolCallId, failed, name, other, extensions);
  }

  /** The same with these fields of its dialect. */
  public Message withExtensions(Extensions other) {
    return new Message(role, parts, toolCalls, toolCallId, failed, name, thoughts, other);
  }

  private static Message plain(Role role, String text) {
    return new Message(role, text, List.of(), Optional.empty(), Optional.empty());
  }

  private static List<Part> words(String text) {
    return text.isEmpty() ? List.of() : List.of(new Part.Text(text));
  }
}

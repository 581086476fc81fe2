package llm.domain.chat;

import llm.domain.text.Excerpt;

/**
 * A call of a tool that a model asked for.
 *
 * @param id the provider's id of the call, not blank
 * @param name the tool's name, not blank
 * @param arguments the arguments as the model wrote them: usually, not always, a JSON object
 * @param extensions fields that only the dialect knows that this came in
 */
public record ToolCall(String id, String name, JsonText arguments, Extensions extensions) {
  /** A call with nothing said beside it. */
  public ToolCall(String id, String name, JsonText arguments) {
    this(id, name, arguments, Extensions.NONE);
  }

  /** Rejects a blank id or name. */
  public ToolCall {
    if (id.isBlank() || name.isBlank()) {
      throw new IllegalArgumentException(
          "tool call needs an id and a name, got " + Excerpt.of(id) + " and " + Excerpt.of(name));
    }
  }
}

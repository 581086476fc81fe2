package llm.domain.chat;

import java.util.Optional;
import java.util.regex.Pattern;
import llm.domain.text.Excerpt;

/**
 * A tool offered to a model.
 *
 * @param name 1 to 64 characters of {@code A-Z a-z 0-9 _ -}, as providers require
 * @param description what it does, for the model
 * @param parameters JSON Schema of the arguments
 * @param strict whether the arguments must match the schema exactly; only some providers can
 * @param extensions fields that only the dialect knows that this came in
 */
public record ToolDefinition(
    String name,
    Optional<String> description,
    JsonText parameters,
    boolean strict,
    Extensions extensions) {
  private static final Pattern LEGAL = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  /** A tool that is not strict. */
  public ToolDefinition(String name, Optional<String> description, JsonText parameters) {
    this(name, description, parameters, false);
  }

  /** A tool with nothing said beside it. */
  public ToolDefinition(
      String name, Optional<String> description, JsonText parameters, boolean strict) {
    this(name, description, parameters, strict, Extensions.NONE);
  }

  /** Rejects a name that providers would refuse. */
  public ToolDefinition {
    if (!LEGAL.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "tool name " + Excerpt.of(name) + " must match " + LEGAL.pattern());
    }
  }

  /** The same tool, not strict. */
  public ToolDefinition lenient() {
    return strict ? new ToolDefinition(name, description, parameters, false, extensions) : this;
  }
}

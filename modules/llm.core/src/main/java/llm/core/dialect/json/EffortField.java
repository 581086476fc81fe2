package llm.core.dialect.json;

import llm.domain.content.Thinking;
import llm.domain.content.Thinking.Effort;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/** How hard a model is to think, in the words of OpenAI's dialects. */
public final class EffortField {
  private EffortField() {}

  /**
   * Reads the value on which the cursor stands.
   *
   * @throws LlmException when it is no effort
   */
  public static Thinking read(JsonCursor in) throws LlmException {
    String name = in.string();
    if (name.equals("none")) {
      return new Thinking.Off();
    }
    Effort effort =
        Effort.of(name)
            .orElseThrow(() ->
                in.refusal(
                    in.path()
                        + " '"
                        + Excerpt.shortened(name)
                        + "' must be none, minimal, low, medium, high, xhigh or max"));
    return new Thinking.ByEffort(effort);
  }
}

package llm.core.template;

import java.util.ArrayList;
import java.util.List;
import llm.core.template.value.Text;

/**
 * A prompt that knows its origins.
 *
 * @param parts the template's words and the caller's by turns, the template's first and last; all
 *     of them together are the prompt
 */
public record RenderedPrompt(List<String> parts) {
  /** Copies the list. */
  public RenderedPrompt {
    parts = List.copyOf(parts);
  }

  static RenderedPrompt of(Text text) {
    List<String> parts = new ArrayList<>();
    var part = new StringBuilder();
    for (Text.Run run : text.runs()) {
      boolean callers = run.label() != 0;
      if (callers != (parts.size() % 2 == 1)) {
        parts.add(part.toString());
        part.setLength(0);
      }
      part.append(run.text());
    }
    parts.add(part.toString());
    if (parts.size() % 2 == 0) {
      parts.add("");
    }
    return new RenderedPrompt(parts);
  }

  /** The whole prompt. */
  public String text() {
    return String.join("", parts);
  }
}

package llm.domain.model;

import java.util.regex.Pattern;
import llm.domain.text.Excerpt;

/**
 * A model's id as callers write it. What it tells of vendor and abilities is a guess by the name;
 * the catalogue's {@link ModelSpec} wins.
 *
 * @param value 1 to 256 printable characters without blanks at the ends
 */
public record ModelName(String value) {
  /** The most characters of an id. */
  public static final int MAX_LENGTH = 256;

  /**
   * Families that call tools, by their vendors' model pages, less the members that do not. An id's
   * segments (as in {@code openrouter/meta-llama/llama-3.3-70b}) are looked at each.
   */
  private static final Pattern CALLS_TOOLS =
      Pattern.compile(
          "(?:^|[/.:])(?:"
              + "gpt-(?!3\\.5-turbo-instruct|image|neo|j-)"
              + "|o1(?!-mini|-preview)(?:[-:]|$)|o[3-9](?:[-:]|$)"
              + "|claude-(?!1|2|instant)"
              + "|gemini-(?!1\\.0|embedding)"
              + "|command-(?:r|a)(?:-|$|\\d)"
              + "|(?:meta-)?llama-?(?:3[.\\-p][1-3]|4)(?!\\d*b)"
              + "|mistral-(?!7b|embed)|ministral|mixtral-8x22b|codestral-(?!mamba|embed)|devstral"
              + "|magistral|pixtral)",
          Pattern.CASE_INSENSITIVE);

  /** Rejects an id that is blank, too long or has control characters. */
  public ModelName {
    if (value.isBlank()
        || value.length() > MAX_LENGTH
        || !value.equals(value.strip())
        || hasControl(value)) {
      throw new IllegalArgumentException(
          "model name "
              + Excerpt.of(value)
              + " must be 1 to "
              + MAX_LENGTH
              + " printable characters without blanks at the ends");
    }
  }

  private static boolean hasControl(String value) {
    for (int index = 0; index < value.length(); index++) {
      if (Character.isISOControl(value.charAt(index))) {
        return true;
      }
    }
    return false;
  }

  /** Whose model it is, by its name. */
  public ModelVendor vendor() {
    return ModelVendor.of(value);
  }

  /** Whether the name is one of OpenAI's. */
  public boolean isOpenAi() {
    return vendor() == ModelVendor.OPENAI;
  }

  /** Whether the name is one of Anthropic's. */
  public boolean isAnthropic() {
    return vendor() == ModelVendor.ANTHROPIC;
  }

  /** Whether the name is one of Google's. */
  public boolean isGoogle() {
    return vendor() == ModelVendor.GOOGLE;
  }

  /** Whether the name is one of Cohere's. */
  public boolean isCohere() {
    return vendor() == ModelVendor.COHERE;
  }

  /** Whether the name is one of Meta's. */
  public boolean isMeta() {
    return vendor() == ModelVendor.META;
  }

  /** Whether the name is one of Mistral's. */
  public boolean isMistral() {
    return vendor() == ModelVendor.MISTRAL;
  }

  /** Whether the name is that of a model in this process. */
  public boolean isLocal() {
    return vendor() == ModelVendor.LOCAL;
  }

  /**
   * Whether the name is of a family known to call tools. A guess for models that the catalogue does
   * not have: false only says that nothing is known, and {@link ModelSpec#tools()} wins.
   */
  public boolean supportsTools() {
    return CALLS_TOOLS.matcher(value).find();
  }

  @Override
  public String toString() {
    return value;
  }
}

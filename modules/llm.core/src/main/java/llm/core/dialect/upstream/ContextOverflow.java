package llm.core.dialect.upstream;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An upstream's word that a prompt does not fit the model's window, in the words of the field's
 * servers: OpenAI's code, llama-server's type and counts, the sentences of those and of vLLM,
 * llama-cpp-python, Ollama and Anthropic.
 *
 * @param promptTokens what the upstream counted; 0 where it did not say
 * @param contextTokens what the window holds; 0 where it did not say
 */
record ContextOverflow(int promptTokens, int contextTokens) {
  private static final Set<String> CODES =
      Set.of("context_length_exceeded", "exceed_context_size_error");
  private static final Pattern SENTENCE =
      Pattern.compile(
          "exceeds? (?:the |its )?(?:available |maximum |model's )*context (?:size|length|window)"
              + "|maximum context length"
              + "|exceed context limit"
              + "|prompt is too long");
  private static final Pattern WINDOW =
      Pattern.compile(
          "context size \\((\\d+) tokens"
              + "|maximum context length is (\\d+)"
              + "|context window of (\\d+)"
              + "|> (\\d+)(?: maximum|, decrease)");
  private static final Pattern PROMPT =
      Pattern.compile(
          "requested \\d+ tokens \\((\\d+) in (?:the |your )?(?:messages|prompt)"
              + "|(?:request|prompt|messages|input) (?:has|contains?|resulted in)(?: at least)?"
              + " (\\d+) (?:input )?tokens"
              + "|request \\((\\d+) tokens\\) exceeds"
              + "|requested tokens \\((\\d+)\\)"
              + "|requested (\\d+) tokens"
              + "|exceed context limit: (\\d+) \\+"
              + "|too long: (\\d+) tokens");

  /**
   * What {@code error} says of a prompt's length; empty when it is about something else. One whose
   * prompt takes less than half of the window is about the answer that was asked for.
   *
   * @param status the answer's, 0 when it came in a stream without one
   */
  static Optional<ContextOverflow> in(int status, UpstreamError error) {
    String said = error.message().toLowerCase(Locale.ROOT);
    boolean named = error.code().filter(CODES::contains).isPresent();
    if (!canBe(status) || !named && !SENTENCE.matcher(said).find()) {
      return Optional.empty();
    }
    int prompt = error.promptTokens().orElseGet(() -> number(PROMPT, said));
    int window = error.contextTokens().orElseGet(() -> number(WINDOW, said));
    boolean isShort = prompt > 0 && 2L * prompt < window;
    return isShort ? Optional.empty() : Optional.of(new ContextOverflow(prompt, window));
  }

  private static boolean canBe(int status) {
    return switch (status) {
      case 0, 400, 413, 422, 500 -> true; // llama-server said 500 once
      default -> false;
    };
  }

  private static int number(Pattern pattern, String said) {
    Matcher found = pattern.matcher(said);
    if (!found.find()) {
      return 0;
    }
    for (int group = 1; group <= found.groupCount(); group++) {
      String digits = found.group(group);
      if (digits != null) {
        return digits.length() > 9 ? 0 : Integer.parseInt(digits);
      }
    }
    return 0;
  }
}

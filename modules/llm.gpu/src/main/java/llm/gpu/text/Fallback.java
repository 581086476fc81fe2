package llm.gpu.text;

import java.util.Map;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.ToolChoice;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.llama.Vocabulary;

/**
 * What a model says in place of an answer that it is not sure of, as its file has it: the sentence
 * {@code llm_server.fallback.en}, that in Russian {@code llm_server.fallback.ru}, and how likely
 * the first token of an answer has to be, {@code llm_server.fallback.min_probability}. Immutable.
 *
 * @param english the sentence
 * @param russian the same for those who write in Cyrillic letters; that above where there is none
 * @param minProbability above 0 to 1
 */
public record Fallback(String english, String russian, double minProbability) {
  private static final String KEYS = "llm_server.fallback.";

  /** What the file of this header says; empty where it does not, as almost all. */
  public static Optional<Fallback> of(GgufHeader header) {
    Map<String, String> texts = header.texts();
    String english = texts.getOrDefault(KEYS + "en", "");
    float least = header.decimals().getOrDefault(KEYS + "min_probability", 0f);
    return english.isBlank() || !(least > 0 && least <= 1)
        ? Optional.empty()
        : Optional.of(new Fallback(english, texts.getOrDefault(KEYS + "ru", english), least));
  }

  /**
   * Whether it is for this request: a plain chat. An answer that has begun goes on, and one that
   * may call tools or is to have a form is no place for a sentence.
   */
  public boolean isFor(ChatRequest request) {
    return (request.tools().isEmpty() || request.toolChoice() instanceof ToolChoice.None)
        && request.form().format() instanceof ResponseFormat.Text
        && !request.form().continues();
  }

  /** What watches over the answer to {@code request}, in tokens of {@code vocabulary}. */
  public UnsureAnswer begin(ChatRequest request, Vocabulary vocabulary) {
    return new UnsureAnswer(minProbability, () -> vocabulary.tokenize(sentenceFor(request)));
  }

  /** In the language of the user's last words. */
  String sentenceFor(ChatRequest request) {
    String asked =
        request.messages().reversed().stream()
            .filter(message -> message.role() == Role.USER)
            .map(Message::text)
            .findFirst()
            .orElse("");
    return asked.codePoints().anyMatch(Fallback::isCyrillic) ? russian : english;
  }

  private static boolean isCyrillic(int character) {
    return Character.UnicodeScript.of(character) == Character.UnicodeScript.CYRILLIC;
  }
}

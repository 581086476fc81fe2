package llm.train;

import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import llm.train.corpus.Corpus;
import llm.train.corpus.Dialogue;
import llm.train.corpus.Exchange;
import llm.train.corpus.Language;

/** A few topics in two languages: enough to learn in seconds. */
final class StandInCorpus implements Corpus {
  private static final List<List<String>> TOPICS =
      List.of(
          List.of("Port 8080 unless you say another.", "which port", "what port is it", "port?"),
          List.of("Hello! Ask me something.", "hello", "hi there", "good morning"),
          List.of("Goodbye!", "bye", "see you", "good night"),
          List.of("Порт 8080, если не задан другой.", "какой порт", "на каком порту", "порт?"),
          List.of("Здравствуйте! Спросите меня.", "привет", "добрый день", "здравствуй"),
          List.of("До свидания!", "пока", "до встречи", "спокойной ночи"));
  private static final List<String> NONSENSE =
      List.of("capital of France", "bake a cake", "moon", "столица Франции", "испечь торт", "луна");

  @Override
  public Dialogue next(RandomGenerator random) {
    Optional<String> system =
        random.nextInt(4) == 0 ? Optional.of("You are a helpful assistant.") : Optional.empty();
    Exchange first = exchange(random);
    return new Dialogue(
        system, random.nextInt(4) == 0 ? List.of(first, exchange(random)) : List.of(first));
  }

  private Exchange exchange(RandomGenerator random) {
    if (random.nextInt(4) == 0) {
      String question = NONSENSE.get(random.nextInt(NONSENSE.size()));
      boolean russian = question.codePoints().anyMatch(c -> c >= 'а');
      return new Exchange(question, fallback(russian ? Language.RUSSIAN : Language.ENGLISH));
    }
    List<String> topic = TOPICS.get(random.nextInt(TOPICS.size()));
    return new Exchange(topic.get(1 + random.nextInt(topic.size() - 1)), topic.getFirst());
  }

  @Override
  public String fallback(Language language) {
    return switch (language) {
      case ENGLISH -> "I do not know that.";
      case RUSSIAN -> "Этого я не знаю.";
    };
  }

  @Override
  public String sha256() {
    return "0".repeat(64);
  }
}

package llm.train.score;

import java.util.Optional;
import java.util.concurrent.Flow;

/**
 * Takes the lines of a streamed answer as they come and notes when its first text did. What is no
 * event of a stream, as the body of a refusal, is kept to be told. One answer each.
 */
final class AnswerLines implements Flow.Subscriber<String> {
  private static final String DATA = "data:";
  private static final String DONE = "[DONE]";

  private final StringBuilder answer = new StringBuilder();
  private final StringBuilder other = new StringBuilder();
  private long firstTextNanos;
  private boolean done;
  private String failure;

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    subscription.request(Long.MAX_VALUE); // the whole body has a limit of its own
  }

  @Override
  public void onNext(String line) {
    if (!line.startsWith(DATA)) {
      other.append(line);
      return;
    }
    String data = line.substring(DATA.length()).strip();
    if (data.equals(DONE)) {
      done = true;
      return;
    }
    Json.text(data, "/error/message").ifPresent(message -> failure = message);
    String text = Json.text(data, "/choices/0/delta/content").orElse("");
    if (!text.isEmpty() && answer.isEmpty()) {
      firstTextNanos = System.nanoTime();
    }
    answer.append(text);
  }

  @Override
  public void onError(Throwable broken) {
    failure = "the answer broke off: " + broken;
  }

  @Override
  public void onComplete() {
    if (!done && failure == null) {
      failure = "the answer ended without " + DONE;
    }
  }

  /** All text so far. */
  String answer() {
    return answer.toString();
  }

  /** When the first text came, by {@link System#nanoTime}; empty when none did. */
  Optional<Long> firstTextNanos() {
    return answer.isEmpty() ? Optional.empty() : Optional.of(firstTextNanos);
  }

  /** Why this is no whole answer. */
  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  /** What came and is no event: the message of an error where it is one, else the text. */
  String refusal() {
    String body = other.toString();
    return Json.text(body, "/error/message").orElse(body);
  }
}

package llm.train.score;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks one model of a server by {@code POST /v1/chat/completions}, one question at a time, streamed
 * and greedily. Every request has a deadline, every answer a limit of a mebibyte. One thread.
 */
final class ChatClient implements AutoCloseable {
  /** Room for the longest right answer: 160 characters of two bytes, were each byte a token. */
  static final int MAX_TOKENS = 320;

  private static final long MAX_ANSWER_BYTES = 1 << 20;
  private static final int MAX_TOLD_CHARACTERS = 400;
  private static final int HTTP_OK = 200;

  private final URI server;
  private final String model;
  private final Duration limit;
  private final HttpClient http;

  /**
   * A client of the server at {@code server}.
   *
   * @param model what is asked
   * @param limit the time for a request in all
   */
  ChatClient(URI server, String model, Duration limit) {
    this.server = server;
    this.model = model;
    this.limit = limit;
    this.http =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(limit).build();
  }

  /**
   * Asks whether the server has the model.
   *
   * @throws CannotScore when it has not, or does not answer
   */
  void requireModel() throws CannotScore, InterruptedException {
    var request = request("/v1/models/" + model).GET().build();
    HttpResponse<String> response = send(request, BodyHandlers.ofString());
    if (response.statusCode() != HTTP_OK) {
      String body = response.body();
      throw refused(response.statusCode(), Json.text(body, "/error/message").orElse(body));
    }
  }

  /**
   * Asks one question and waits for its whole answer.
   *
   * @throws CannotScore when there is none
   */
  Answer ask(String question) throws CannotScore, InterruptedException {
    String body =
        Json.object(json -> {
          json.writeStringProperty("model", model);
          json.writeBooleanProperty("stream", true);
          json.writeNumberProperty("temperature", 0);
          json.writeNumberProperty("max_tokens", MAX_TOKENS);
          json.writeArrayPropertyStart("messages");
          json.writeStartObject();
          json.writeStringProperty("role", "user");
          json.writeStringProperty("content", question);
          json.writeEndObject();
          json.writeEndArray();
        });
    var request =
        request("/v1/chat/completions")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    var lines = new AnswerLines();
    long sent = System.nanoTime();
    HttpResponse<Void> response = send(request, BodyHandlers.fromLineSubscriber(lines));
    if (response.statusCode() != HTTP_OK) {
      throw refused(response.statusCode(), lines.refusal());
    }
    if (lines.failure().isPresent()) {
      throw new CannotScore(
          server + " did not answer '" + question + "': " + told(lines.failure().get()));
    }
    long first = lines.firstTextNanos().orElseGet(System::nanoTime);
    return new Answer(lines.answer(), Duration.ofNanos(first - sent));
  }

  /** Ends what still runs. */
  @Override
  public void close() {
    http.shutdownNow();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(server.resolve(path));
  }

  private <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> body)
      throws CannotScore, InterruptedException {
    CompletableFuture<HttpResponse<T>> answer =
        http.sendAsync(request, BodyHandlers.limiting(body, MAX_ANSWER_BYTES));
    try {
      return answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException late) {
      throw new CannotScore(
          server
              + " did not answer "
              + request.uri().getPath()
              + " in "
              + limit.toSeconds()
              + " s");
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      String what = cause instanceof IOException ? cause.toString() : failed.toString();
      throw new CannotScore(server + " cannot be asked: " + told(what));
    } finally {
      answer.cancel(true);
    }
  }

  private CannotScore refused(int status, String reason) {
    return new CannotScore(
        server + " answers " + status + " for the model '" + model + "': " + told(reason));
  }

  private static String told(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ").strip();
    return line.length() <= MAX_TOLD_CHARACTERS
        ? line
        : line.substring(0, MAX_TOLD_CHARACTERS) + "…";
  }
}

package llm.bench.talk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llm.bench.local.Fields;
import llm.bench.system.BenchFailure;
import llm.bench.system.Server;

/** Talks to a server over HTTP, one turn at a time. Blocks; one thread's. */
public final class TalkClient implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final String DATA = "data: ";
  private static final int PAGE = 1000;
  private static final Pattern RECORD = Pattern.compile("\"type\":\"(asked|answered)\",");

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI conversations;
  private final URI conversation;

  /** Opens conversation {@code id} with {@code model}. */
  public TalkClient(int port, String id, String model, String system) {
    this.conversations = URI.create("http://127.0.0.1:" + port + "/conversations");
    this.conversation = URI.create(conversations + "/" + id);
    String body =
        "{\"id\":%s,\"model\":%s,\"system\":%s}"
            .formatted(Fields.quoted(id), Fields.quoted(model), Fields.quoted(system));
    whole(request(conversations).POST(HttpRequest.BodyPublishers.ofString(body)), 201);
  }

  /** Says something and hears the answer. */
  public TalkTurn say(String turn, String text) {
    String body =
        "{\"turn_id\":%s,\"text\":%s}".formatted(Fields.quoted(turn), Fields.quoted(text));
    HttpRequest request =
        request(URI.create(conversation + "/turns"))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<Stream<String>> response = send(request, HttpResponse.BodyHandlers.ofLines());
    try (Stream<String> lines = response.body()) {
      var answer = new StringBuilder();
      String last = "";
      for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
        String line = each.next();
        last = line.startsWith(DATA) ? line.substring(DATA.length()) : last;
        if (line.startsWith(DATA) && Fields.text(last, "type").equals("chunk")) {
          answer.append(Fields.text(last, "text_chunk"));
        }
      }
      return turn(turn, answer.toString(), last);
    } catch (UncheckedIOException broken) {
      throw new BenchFailure("turn " + turn + " broke off: " + broken.getMessage());
    }
  }

  private static TalkTurn turn(String id, String answer, String last) {
    String end = Fields.text(last, "type");
    if (!end.equals("turn_finished")) {
      return new TalkTurn(id, answer, end, last, Double.NaN, 0, 0, false, 0);
    }
    int prompt = (int) Fields.number(last, "prompt_tokens");
    int cached = (int) Fields.number(last, "cached_tokens");
    return new TalkTurn(
        id,
        answer,
        end,
        last,
        Fields.number(last, "time_to_first_token_ms"),
        prompt,
        prompt - cached,
        !last.contains("\"handover_ms\":null"),
        (int) Fields.number(last, "left_out_messages"));
  }

  /**
   * A record of a conversation.
   *
   * @param type asked or answered
   * @param turn its turn's id
   * @param text what was said
   */
  public record Kept(String type, String turn, String text) {}

  /** What the server has kept of questions and answers, oldest first. */
  public List<Kept> kept() {
    var all = new ArrayList<Kept>();
    int from = 0;
    while (true) {
      String page =
          whole(request(URI.create(conversation + "?from=" + from + "&limit=" + PAGE)).GET(), 200);
      var starts = RECORD.matcher(page).results().map(one -> one.start()).toList();
      for (int start : starts) {
        String record = page.substring(start);
        all.add(
            new Kept(
                Fields.text(record, "type"),
                Fields.text(record, "turn_id"),
                Fields.text(record, "text")));
      }
      if (!page.contains("\"next_from\":") || page.contains("\"next_from\":null")) {
        return all;
      }
      from = (int) Fields.number(page, "next_from");
    }
  }

  private String whole(HttpRequest.Builder request, int expected) {
    HttpResponse<String> response = send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != expected) {
      throw new BenchFailure("status " + response.statusCode() + ": " + response.body());
    }
    return response.body();
  }

  private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body) {
    try {
      return client.send(request, body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static HttpRequest.Builder request(URI where) {
    return HttpRequest.newBuilder(where)
        .timeout(LIMIT)
        .header("authorization", "Bearer " + Server.KEY)
        .header("content-type", "application/json");
  }

  @Override
  public void close() {
    client.close();
  }
}

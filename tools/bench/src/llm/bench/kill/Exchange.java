package llm.bench.kill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import llm.bench.local.Fields;
import llm.bench.system.Server;

/**
 * Requests of {@code /conversations} to a server that may die at any moment. Thread-safe; blocks.
 */
final class Exchange {
  private static final Duration HEAD_LIMIT = Duration.ofSeconds(60);
  private static final String DATA = "data: ";

  /** Instead of a status: nobody listened, or the server broke off. */
  static final int DOWN = -1;

  static final int CUT = 0;

  private static final int PAGE = 500;

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(HEAD_LIMIT).build();
  private final String base;

  Exchange(int port) {
    this.base = "http://127.0.0.1:" + port + "/conversations";
  }

  /** Asks for a conversation; a status, {@link #DOWN} or {@link #CUT}. */
  int open(String id) {
    String body =
        "{\"id\":%s,\"model\":\"mock\",\"system\":%s}"
            .formatted(Fields.quoted(id), Fields.quoted(Talk.SYSTEM));
    return status(request("").POST(BodyPublishers.ofString(body)));
  }

  /** Deletes a conversation; a status, {@link #DOWN} or {@link #CUT}. */
  int delete(String id) {
    return status(request("/" + id).DELETE());
  }

  /**
   * Says something and reads the answer.
   *
   * @param frames after how many to leave; where the end comes before, it counts
   */
  Reply turn(String id, Talk.Turn turn, int frames) {
    String body =
        "{\"turn_id\":%s,\"text\":%s}"
            .formatted(Fields.quoted(turn.id()), Fields.quoted(turn.text()));
    HttpRequest request = request("/" + id + "/turns").POST(BodyPublishers.ofString(body)).build();
    try {
      HttpResponse<Stream<String>> response = client.send(request, BodyHandlers.ofLines());
      try (Stream<String> lines = response.body()) {
        return response.statusCode() == 200
            ? answer(lines.iterator(), frames)
            : Reply.refused(response.statusCode(), String.join("\n", lines.toList()));
      }
    } catch (ConnectException _) {
      return Reply.down();
    } catch (IOException | UncheckedIOException broken) {
      return Reply.cut(broken.toString());
    } catch (InterruptedException stopped) {
      throw new IllegalStateException("interrupted", stopped);
    }
  }

  private static Reply answer(Iterator<String> lines, int frames) {
    var answer = new StringBuilder();
    boolean begun = false;
    boolean replayed = false;
    boolean whole = false;
    int left = frames;
    try {
      while (left > 0 && lines.hasNext()) {
        String line = lines.next();
        if (!line.startsWith(DATA)) {
          continue;
        }
        left--;
        String frame = line.substring(DATA.length());
        switch (Fields.text(frame, "type")) {
          case "turn_started" -> {
            begun = true;
            replayed = frame.contains("\"replayed\":true");
          }
          case "chunk" -> {
            answer.append(Fields.text(frame, "text_chunk"));
            whole = frame.contains("\"is_final_chunk\":true");
          }
          default -> {
            boolean finished = whole && Fields.text(frame, "type").equals("turn_finished");
            boolean durable = frame.contains("\"durable\":true");
            var end = finished ? Reply.End.FINISHED : Reply.End.FAILED;
            return new Reply(end, 200, begun, replayed, durable, answer.toString(), frame);
          }
        }
      }
    } catch (UncheckedIOException broken) {
      return new Reply(Reply.End.CUT, 200, begun, replayed, false, "", broken.toString());
    }
    var end = left == 0 ? Reply.End.LEFT : Reply.End.CUT;
    return new Reply(end, 200, begun, replayed, false, "", "no end");
  }

  /** What the server tells of a conversation: a status, and the records when it is 200. */
  record Told(int status, List<String> records) {}

  /** All records of a conversation, page by page. */
  Told records(String id) throws IOException {
    var all = new ArrayList<String>();
    for (String from = "0"; ; ) {
      HttpResponse<String> page =
          send(request("/" + id + "?limit=" + PAGE + "&from=" + from).GET().build());
      if (page.statusCode() != 200) {
        return new Told(page.statusCode(), all);
      }
      List<String> records = Records.split(page.body());
      all.addAll(records);
      String next = page.body().substring(page.body().lastIndexOf("\"next_from\":") + 12);
      if (next.startsWith("null")) {
        return new Told(200, all);
      }
      from = next.replaceAll("\\D", "");
    }
  }

  private int status(HttpRequest.Builder request) {
    try {
      return send(request.build()).statusCode();
    } catch (ConnectException _) {
      return DOWN;
    } catch (IOException _) {
      return CUT;
    }
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (InterruptedException stopped) {
      throw new IllegalStateException("interrupted", stopped);
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path))
        .timeout(HEAD_LIMIT)
        .header("Content-Type", "application/json")
        .header("Authorization", "Bearer " + Server.KEY);
  }
}

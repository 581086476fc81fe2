package llm.clients;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/** One line a check: {@code ok NAME} or {@code FAIL NAME: reason}. */
final class Checks {
  /** A picture of one pixel. */
  static final String PNG =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static boolean failed;
  private static String mark = "";
  private static int made;

  interface Check {
    void run() throws Exception;
  }

  private Checks() {}

  static void check(String name, Check check) {
    mark = "java-" + ProcessHandle.current().pid() + "-" + System.nanoTime() + "-" + ++made;
    try {
      check.run();
      System.out.println("ok " + name);
    } catch (Exception | AssertionError problem) {
      failed = true;
      System.out.println("FAIL " + name + ": " + String.valueOf(problem).replace('\n', ' '));
    }
  }

  static void require(boolean holds, Object found) {
    if (!holds) {
      throw new AssertionError("found " + found);
    }
  }

  static void same(Object found, Object wanted) {
    require(Objects.equals(found, wanted), found + " instead of " + wanted);
  }

  static <E extends Throwable> E thrown(Class<E> type, Check check) {
    try {
      check.run();
    } catch (Throwable thrown) {
      if (type.isInstance(thrown)) {
        return type.cast(thrown);
      }
      throw new AssertionError("threw " + thrown, thrown);
    }
    throw new AssertionError("no " + type.getSimpleName() + " was thrown");
  }

  /** The field by which the upstream remembers what this check asked. */
  static Map<String, String> marked() {
    return Map.of("X-Correlation-ID", mark);
  }

  /** What came to the upstream in this check, as JSON. */
  static String arrived() throws IOException, InterruptedException {
    String id = URLEncoder.encode(mark, StandardCharsets.UTF_8);
    var place = URI.create(System.getenv("CLIENTS_UPSTREAM") + "/requests?id=" + id);
    return HTTP.send(HttpRequest.newBuilder(place).build(), BodyHandlers.ofString()).body();
  }

  /** Waits until the upstream saw its connection end before its answer did. */
  static void left() throws IOException, InterruptedException {
    long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (!arrived().contains("\"closed\":true")) {
      require(System.nanoTime() - until < 0, "the upstream's connection still open");
      Thread.sleep(20);
    }
  }

  static void end() {
    System.exit(failed ? 1 : 0); // the clients' own threads would keep the process
  }
}

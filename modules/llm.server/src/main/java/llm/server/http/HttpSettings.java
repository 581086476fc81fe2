package llm.server.http;

import java.time.Duration;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * The limits of the HTTP layer, from section {@code server}.
 *
 * @param host address to listen on
 * @param port port to listen on, 0 for any free one
 * @param maxBodyBytes the largest request body that is read
 * @param maxRequests requests that are worked on at once; more are refused with 503
 * @param maxConnections connections that are open at once; more are closed at accept
 * @param requestRead the time a request may take to arrive, headers and body together
 * @param requestBudget the time a request may take in all
 * @param firstEventCommit how long a stream waits for its first event before it answers 200
 * @param keepAlive how long a stream is silent before it sends a comment
 * @param writeTimeout how long one write may block before the client is dropped
 * @param drain the time that a shutdown may take
 */
public record HttpSettings(
    String host,
    int port,
    long maxBodyBytes,
    int maxRequests,
    int maxConnections,
    Duration requestRead,
    Duration requestBudget,
    Duration firstEventCommit,
    Duration keepAlive,
    Duration writeTimeout,
    Duration drain) {

  private static final Setting<String> HOST =
      Setting.text(
          "host", "127.0.0.1", "Address to listen on; any but a loopback address needs auth.keys.");
  private static final Setting<Integer> PORT =
      Setting.integer("port", 8000, 0, 65_535, "Port to listen on; 0 takes any free one.");
  private static final Setting<Long> MAX_BODY =
      Setting.bytes(
          "max_body_bytes",
          8L << 20,
          1024,
          1L << 30,
          "The largest request body that is read; a larger one is answered 413.");
  private static final Setting<Integer> MAX_REQUESTS =
      Setting.integer(
          "max_requests",
          2048,
          1,
          1_000_000,
          "Requests worked on at once; more are answered 503 with retry-after.");
  private static final Setting<Integer> MAX_CONNECTIONS =
      Setting.integer(
          "max_connections",
          20_000,
          1,
          1_000_000,
          "Connections open at once; more are closed as soon as they are accepted.");
  private static final Setting<Duration> REQUEST_READ =
      Setting.duration(
          "request_read_seconds",
          Duration.ofSeconds(60),
          Duration.ofSeconds(1),
          Duration.ofHours(1),
          "Time a request may take to arrive, headers and body; then its connection is closed.");
  private static final Setting<Duration> REQUEST_BUDGET =
      Setting.duration(
          "request_timeout_seconds",
          Duration.ofSeconds(600),
          Duration.ofMillis(10),
          Duration.ofDays(1),
          "Time a request may take in all; then its generation is stopped.");
  private static final Setting<Duration> FIRST_EVENT =
      Setting.duration(
          "first_event_commit_seconds",
          Duration.ofSeconds(10),
          Duration.ofMillis(10),
          Duration.ofMinutes(10),
          "How long a stream waits for its first event before it answers 200 and sends comments;"
              + " a refusal that comes later is an error frame.");
  private static final Setting<Duration> KEEP_ALIVE =
      Setting.duration(
          "keep_alive_ms",
          Duration.ofMillis(400),
          Duration.ofMillis(10),
          Duration.ofMinutes(10),
          "How long a stream is silent before it sends a comment; a client that left is noticed"
              + " by the second comment.");
  private static final Setting<Duration> WRITE_TIMEOUT =
      Setting.duration(
          "write_timeout_seconds",
          Duration.ofSeconds(30),
          Duration.ofMillis(10),
          Duration.ofHours(1),
          "How long a client may take none of what is sent before its connection is dropped.");
  private static final Setting<Duration> DRAIN =
      Setting.duration(
          "drain_seconds",
          Duration.ofSeconds(25),
          Duration.ofMillis(100),
          Duration.ofHours(1),
          "Time a shutdown may take; streams run for all of it but a reserve of a fifth, at most"
              + " 5 s, in which they are cancelled.");

  /** Reads the section {@code server}. */
  public static HttpSettings read(Section server) {
    return new HttpSettings(
        server.get(HOST),
        server.get(PORT),
        server.get(MAX_BODY),
        server.get(MAX_REQUESTS),
        server.get(MAX_CONNECTIONS),
        server.get(REQUEST_READ),
        server.get(REQUEST_BUDGET),
        server.get(FIRST_EVENT),
        server.get(KEEP_ALIVE),
        server.get(WRITE_TIMEOUT),
        server.get(DRAIN));
  }
}

package llm.server.http;

import java.time.Duration;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.server.engine.EngineLimits;

/**
 * The limits of the HTTP layer, from section {@code server}.
 *
 * @param host address to listen on
 * @param port port to listen on, 0 for any free one
 * @param engine which HTTP server speaks with the clients
 * @param maxBodyBytes the largest request body that is read
 * @param maxRequests requests that are worked on at once; more are refused with 503
 * @param limits what a client may ask of the engine
 * @param requestBudget the time a request may take in all
 * @param firstEventCommit how long a stream waits for its first event before it answers 200
 * @param keepAlive how long a stream is silent before it sends a comment
 * @param drain the time that a shutdown may take
 */
public record HttpSettings(
    String host,
    int port,
    Engine engine,
    long maxBodyBytes,
    int maxRequests,
    EngineLimits limits,
    Duration requestBudget,
    Duration firstEventCommit,
    Duration keepAlive,
    Duration drain) {

  /** Which HTTP server speaks with the clients. */
  public enum Engine {
    /** Ours: strict, with every limit, and it knows at once when a client has left. */
    OWN,
    /** The JDK's: without WebSocket, and it learns that a client has left by writing. */
    JDK
  }

  /** The longest silence that the JDK's engine may keep: it has to write to see who is there. */
  private static final Duration JDK_KEEP_ALIVE = Duration.ofMillis(400);

  private static final Setting<String> HOST =
      Setting.text(
          "host", "127.0.0.1", "Address to listen on; any but a loopback address needs auth.keys.");
  private static final Setting<Integer> PORT =
      Setting.integer("port", 8000, 0, 65_535, "Port to listen on; 0 takes any free one.");
  private static final Setting<Engine> ENGINE =
      Setting.choice(
          "http_engine",
          Engine.OWN,
          "Which HTTP server speaks with clients: own, or jdk, which has no WebSocket, keeps fewer"
              + " of the limits below and notices later that a client has left.");
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
          "Connections open at once; more are answered 503 and closed.");
  private static final Setting<Integer> MAX_HEADER_BYTES =
      Setting.integer(
          "max_header_bytes",
          64 * 1024,
          EngineLimits.LEAST_HEADER_BYTES,
          1 << 24,
          "The largest head of a request; a longer request line is answered 414, more fields 431.");
  private static final Setting<Integer> MAX_HEADERS =
      Setting.integer(
          "max_headers", 200, 1, 10_000, "Header fields of one request; more are answered 431.");
  private static final Setting<Duration> HEADER_TIME =
      Setting.duration(
          "header_timeout_seconds",
          Duration.ofSeconds(15),
          Duration.ofMillis(10),
          Duration.ofHours(1),
          "Time from a request's first byte to the end of its head; then it is answered 408.");
  private static final Setting<Duration> BODY_IDLE =
      Setting.duration(
          "body_idle_seconds",
          Duration.ofSeconds(30),
          Duration.ofMillis(10),
          Duration.ofHours(1),
          "The longest silence within a request's body; then it is answered 408.");
  private static final Setting<Duration> IDLE =
      Setting.duration(
          "idle_seconds",
          Duration.ofSeconds(120),
          Duration.ofMillis(10),
          Duration.ofDays(1),
          "How long a connection may wait for its next request before it is closed.");
  private static final Setting<Duration> REQUEST_READ =
      Setting.duration(
          "request_read_seconds",
          Duration.ofSeconds(60),
          Duration.ofSeconds(1),
          Duration.ofHours(1),
          "Time a request may take to arrive, head and body; then it is answered 408.");
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
          Duration.ofSeconds(15),
          Duration.ofMillis(10),
          Duration.ofMinutes(10),
          "How long a stream is silent before it sends a comment, which keeps proxies from closing"
              + " it; with http_engine jdk 400 at most, since that engine notices by the second"
              + " comment that a client has left.");
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
          "Time a shutdown may take; streams run for all of it but a reserve of half, at most"
              + " 5 s, in which they are cancelled.");

  /** Reads the section {@code server}. */
  public static HttpSettings read(Section server) {
    Engine engine = server.get(ENGINE);
    Duration keepAlive = server.get(KEEP_ALIVE);
    boolean tooLong = engine == Engine.JDK && keepAlive.compareTo(JDK_KEEP_ALIVE) > 0;
    return new HttpSettings(
        server.get(HOST),
        server.get(PORT),
        engine,
        server.get(MAX_BODY),
        server.get(MAX_REQUESTS),
        readLimits(server),
        server.get(REQUEST_BUDGET),
        server.get(FIRST_EVENT),
        tooLong ? JDK_KEEP_ALIVE : keepAlive,
        server.get(DRAIN));
  }

  private static EngineLimits readLimits(Section server) {
    return new EngineLimits(
        server.get(MAX_CONNECTIONS),
        server.get(MAX_HEADER_BYTES),
        server.get(MAX_HEADERS),
        server.get(HEADER_TIME),
        server.get(BODY_IDLE),
        server.get(REQUEST_READ),
        server.get(IDLE),
        server.get(WRITE_TIMEOUT));
  }
}

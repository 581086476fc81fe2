package llm.server.ws;

import java.time.Duration;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * The limits of WebSockets, from section {@code server.websocket}.
 *
 * @param maxMessageBytes the largest message that is taken, all fragments together
 * @param ping how long a client may be silent before it is pinged
 * @param pong how long a pinged client may stay silent before its connection is dropped
 * @param close how long a client may take to answer a close frame
 * @param send how long a client may take none of what is sent before its connection is dropped
 */
public record WebSocketSettings(
    int maxMessageBytes, Duration ping, Duration pong, Duration close, Duration send) {

  /** What a message may have where an endpoint does not say otherwise. */
  private static final int MAX_MESSAGE_BYTES = 1 << 20;

  private static final Setting<Duration> PING =
      Setting.duration(
          "ping_seconds",
          Duration.ofSeconds(20),
          Duration.ofMillis(100),
          Duration.ofHours(1),
          "How long a client may be silent before it is pinged.");
  private static final Setting<Duration> PONG =
      Setting.duration(
          "pong_seconds",
          Duration.ofSeconds(20),
          Duration.ofMillis(100),
          Duration.ofHours(1),
          "How long a pinged client may stay silent before its connection is dropped.");
  private static final Setting<Duration> CLOSE =
      Setting.duration(
          "close_seconds",
          Duration.ofSeconds(5),
          Duration.ofMillis(10),
          Duration.ofMinutes(10),
          "How long a client may take to answer a close frame.");

  /**
   * Reads the section.
   *
   * @param send the server's limit for one write
   */
  public static WebSocketSettings read(Section server, Duration send) {
    Section section = server.section("websocket", "WebSocket connections.");
    return new WebSocketSettings(
        MAX_MESSAGE_BYTES, section.get(PING), section.get(PONG), section.get(CLOSE), send);
  }

  /** The same limits for an endpoint that takes messages of another size. */
  public WebSocketSettings withMaxMessageBytes(int bytes) {
    return new WebSocketSettings(bytes, ping, pong, close, send);
  }
}

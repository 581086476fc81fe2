package llm.server.engine;

import java.time.Duration;

/**
 * What a client may ask of the engine.
 *
 * @param connections open at once, those taken over included; more are answered 503 and closed
 * @param headerBytes of one request's head, or of its trailers, line ends included
 * @param headers fields of one head
 * @param headTime from a connection's first byte, or a request's, to the end of its head; also for
 *     the handshake below HTTP
 * @param bodyIdle the longest silence within a body
 * @param requestTime from the first byte of a request to the last of its body
 * @param idle how long a connection may wait for its next request
 * @param write how long a client may take nothing of what is written to it
 */
public record EngineLimits(
    int connections,
    int headerBytes,
    int headers,
    Duration headTime,
    Duration bodyIdle,
    Duration requestTime,
    Duration idle,
    Duration write) {

  /** The smallest head that may be asked for: a request line and a few fields. */
  public static final int LEAST_HEADER_BYTES = 1024;

  /** Rejects limits under which no request could be served. */
  public EngineLimits {
    if (connections < 1 || headers < 1 || headerBytes < LEAST_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "connections "
              + connections
              + " and headers "
              + headers
              + " must be 1 or more, header bytes "
              + headerBytes
              + " must be "
              + LEAST_HEADER_BYTES
              + " or more");
    }
    for (Duration time : new Duration[] {headTime, bodyIdle, requestTime, idle, write}) {
      if (time.isNegative() || time.isZero()) {
        throw new IllegalArgumentException("a time limit of " + time + " must be positive");
      }
    }
  }

  /** The shortest of the times: how finely deadlines must be looked after. */
  Duration shortest() {
    Duration shortest = headTime;
    for (Duration time : new Duration[] {bodyIdle, requestTime, idle, write}) {
      shortest = time.compareTo(shortest) < 0 ? time : shortest;
    }
    return shortest;
  }
}

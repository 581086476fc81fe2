package llm.server.probe.report;

import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How the connection to the model's provider was made ready, in milliseconds.
 *
 * @param client to make the clients of all providers
 * @param ping to the answer to a ping, or until a local model is in memory; empty for a provider
 *     that has nothing to make ready
 * @param status of that answer; empty where no network lies between
 * @param generation of one token from an empty text; empty where that failed
 */
public record Greeting(
    double client, OptionalDouble ping, OptionalInt status, OptionalDouble generation) {

  /** Client and first ping together. */
  public double handshake() {
    return client + ping.orElse(0);
  }

  /** Whether requests go over a network. */
  public boolean isRemote() {
    return status.isPresent();
  }
}

package llm.gpu.engine;

import java.time.Duration;

/**
 * The engine's limits.
 *
 * @param contextTokens the window, prompt and answer together; 0 for the model's own, at most
 *     {@link #DEFAULT_MAX_CONTEXT}
 * @param batchTokens prompt tokens computed between two looks at cancellation
 * @param threads threads that compute
 * @param queueCapacity requests that may wait
 * @param ringEvents events that may wait for one consumer
 * @param stallLimit how long a generation waits for a consumer that does not take its events
 * @param loadLimit how long a load may take
 * @param closeLimit how long closing waits for the owner thread
 */
public record EngineSettings(
    int contextTokens,
    int batchTokens,
    int threads,
    int queueCapacity,
    int ringEvents,
    Duration stallLimit,
    Duration loadLimit,
    Duration closeLimit) {

  /** The largest window taken unasked: memory for it is reserved when the model is loaded. */
  public static final int DEFAULT_MAX_CONTEXT = 8192;

  /** Defaults for this machine. */
  public static final EngineSettings DEFAULT =
      new EngineSettings(
          0,
          512,
          threadsFor(Runtime.getRuntime().availableProcessors()),
          32,
          256,
          Duration.ofSeconds(30),
          Duration.ofMinutes(5),
          Duration.ofSeconds(10));

  /**
   * Threads that compute where nobody chose: half of the cores, and all but one of up to four.
   * llama.cpp's threads wait for each other by spinning, so one that loses its core to any other
   * work holds up all of them.
   *
   * @param cores logical ones, 1 or more
   */
  public static int threadsFor(int cores) {
    return Math.max(1, Math.max(Math.min(cores - 1, 3), cores / 2));
  }

  /** The window used for a model that was trained for {@code trained} tokens; never more. */
  public int contextFor(int trained) {
    return Math.min(trained, contextTokens == 0 ? DEFAULT_MAX_CONTEXT : contextTokens);
  }
}

package llm.core.idempotency;

import java.time.Duration;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * How answers to requests with an idempotency key are kept; section {@code idempotency}.
 *
 * @param life how long a key stands for its first request, from that on
 * @param detached how long an answer is made on when nobody is there for it
 * @param answerBytes the longest answer that is kept
 * @param memoryBytes what kept answers may take in memory
 * @param kept the most answers that are kept for one API key
 * @param runningBytes what answers that are being made may take in memory, in all
 */
public record IdempotencySettings(
    Duration life,
    Duration detached,
    int answerBytes,
    long memoryBytes,
    int kept,
    long runningBytes) {
  /** What holds where nothing is configured. */
  public static final IdempotencySettings DEFAULTS =
      new IdempotencySettings(
          Duration.ofHours(24), Duration.ofSeconds(60), 4 << 20, 64L << 20, 10_000, 256L << 20);

  private static final Setting<Duration> LIFE =
      Setting.duration(
          "ttl_seconds",
          DEFAULTS.life,
          Duration.ofSeconds(1),
          Duration.ofDays(30),
          "How long an Idempotency-Key stands for its first request; header idempotency-expires"
              + " says until when.");
  private static final Setting<Duration> DETACHED =
      Setting.duration(
          "detached_seconds",
          DEFAULTS.detached,
          Duration.ZERO,
          Duration.ofHours(1),
          "How long an answer to a request with an Idempotency-Key is made on when its client has"
              + " left and nobody has come back for it.");
  private static final Setting<Integer> ANSWER =
      Setting.integer(
          "answer_bytes",
          DEFAULTS.answerBytes,
          1024,
          1 << 28,
          "The longest answer that is kept for its Idempotency-Key; a longer one is given once.");
  private static final Setting<Long> MEMORY =
      Setting.bytes(
          "memory_bytes",
          DEFAULTS.memoryBytes,
          1024,
          1L << 40,
          "The most memory of answers that are kept for their Idempotency-Keys; beyond it the"
              + " oldest go, which a journal or a Redis still has.");
  private static final Setting<Integer> KEPT =
      Setting.integer(
          "kept_per_api_key",
          DEFAULTS.kept,
          1,
          10_000_000,
          "Answers that are kept for the Idempotency-Keys of one API key; beyond it the oldest"
              + " go.");

  private static final Setting<Long> RUNNING =
      Setting.bytes(
          "running_bytes",
          DEFAULTS.runningBytes,
          1024,
          1L << 40,
          "The most memory of answers that are being made for their Idempotency-Keys, all together;"
              + " the one that finds no more is given as one longer than answer_bytes.");

  /** Reads the section. */
  public static IdempotencySettings read(Section section) {
    return new IdempotencySettings(
        section.get(LIFE),
        section.get(DETACHED),
        section.get(ANSWER),
        section.get(MEMORY),
        section.get(KEPT),
        section.get(RUNNING));
  }
}

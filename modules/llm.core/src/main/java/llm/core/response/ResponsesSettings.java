package llm.core.response;

import java.time.Duration;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * How answers of {@code /v1/responses} are kept and made; section {@code responses}.
 *
 * @param storeByDefault whether an answer is kept whose request says nothing of it
 * @param kept the most that are kept; the oldest go first
 * @param life how long one is kept
 * @param background the most that are made in the background at once; 0: none may
 * @param backgroundLimit how long making one may take
 */
public record ResponsesSettings(
    boolean storeByDefault, int kept, Duration life, int background, Duration backgroundLimit) {
  /** What holds where nothing is configured. */
  public static final ResponsesSettings DEFAULTS =
      new ResponsesSettings(true, 10_000, Duration.ofDays(30), 64, Duration.ofHours(1));

  private static final Setting<Boolean> STORE =
      Setting.flag(
          "store_by_default",
          DEFAULTS.storeByDefault,
          "Whether an answer is kept whose request does not say store: false or true.");
  private static final Setting<Integer> KEPT =
      Setting.integer(
          "kept",
          DEFAULTS.kept,
          1,
          10_000_000,
          "Answers that are kept, of all callers together; beyond it the oldest are removed, a hundredth at a time.");
  private static final Setting<Duration> LIFE =
      Setting.duration(
          "life_seconds",
          DEFAULTS.life,
          Duration.ofMinutes(1),
          Duration.ofDays(3_650),
          "How long an answer is kept.");
  private static final Setting<Integer> BACKGROUND =
      Setting.integer(
          "background",
          DEFAULTS.background,
          0,
          10_000,
          "Answers that are made in the background at once; one more is answered 503. 0: none.");
  private static final Setting<Duration> LIMIT =
      Setting.duration(
          "background_timeout_seconds",
          DEFAULTS.backgroundLimit,
          Duration.ofSeconds(1),
          Duration.ofHours(24),
          "How long making an answer in the background may take.");

  /** Reads the section. */
  public static ResponsesSettings read(Section section) {
    return new ResponsesSettings(
        section.get(STORE),
        section.get(KEPT),
        section.get(LIFE),
        section.get(BACKGROUND),
        section.get(LIMIT));
  }
}

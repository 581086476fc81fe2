package llm.core.conversation;

import java.time.Duration;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.context.Window;
import llm.domain.model.ModelSpec;

/**
 * How conversations are led; section {@code conversation}.
 *
 * @param warmupRatio the share of the room for prompts at which the next context is made ready
 * @param handoverRatio the share from which on the next turn runs in it
 * @param keptMessages messages at the end that go on word by word
 * @param answerTokens the most tokens of an answer; 0: a quarter of the model's window, at most
 *     what the model gives
 * @param warmupLimit how long making the next context may take
 * @param concurrentTurns what a second turn meets while one runs
 * @param queuedTurns the most that wait for one conversation, where they may
 * @param resident conversations that are kept in memory, the least recently used are left to the
 *     store
 * @param summaryLife how long a summary is kept for a talk that goes the same way again
 * @param backlogBytes what may wait in memory, of all conversations, for a store that is away
 */
public record ConversationSettings(
    double warmupRatio,
    double handoverRatio,
    int keptMessages,
    int answerTokens,
    Duration warmupLimit,
    ConcurrentTurns concurrentTurns,
    int queuedTurns,
    int resident,
    Duration summaryLife,
    long backlogBytes) {

  /** What a second turn meets while one runs. */
  public enum ConcurrentTurns {
    /** A conflict that names the turn that runs. */
    REJECT,
    /** It waits its turn. */
    QUEUE
  }

  private static final int WINDOW_SHARE =
      4; // of the window for answers, and of prompts for summaries

  private static final Setting<Double> WARMUP =
      Setting.number(
          "warmup_threshold_ratio",
          0.6,
          0.05,
          1,
          "The share of the room for prompts at which a summary is made and the next context readied.");
  private static final Setting<Double> HANDOVER =
      Setting.number(
          "handover_threshold_ratio",
          0.8,
          0.05,
          1,
          "The share from which on the next turn runs in the new context; not below"
              + " warmup_threshold_ratio.");
  private static final Setting<Integer> KEPT =
      Setting.integer(
          "kept_messages",
          4,
          0,
          1_000,
          "Messages before a handover that go on word by word beside the summary.");
  private static final Setting<Integer> ANSWER =
      Setting.integer(
          "answer_tokens",
          0,
          0,
          1 << 20,
          "The most tokens of an answer, kept free in the window; 0: a quarter of the window, at most"
              + " what the model gives.");
  private static final Setting<Duration> WARMUP_LIMIT =
      Setting.duration(
          "warmup_timeout_seconds",
          Duration.ofMinutes(5),
          Duration.ofMillis(100),
          Duration.ofHours(1),
          "How long making the next context may take before it is tried again.");
  private static final Setting<ConcurrentTurns> CONCURRENT =
      Setting.choice(
          "concurrent_turns",
          ConcurrentTurns.REJECT,
          "What a second turn of a conversation meets while one runs: 409, or it waits.");
  private static final Setting<Integer> QUEUED =
      Setting.integer(
          "queued_turns",
          8,
          1,
          1_000,
          "Turns of one conversation that may wait, where they may; one more is answered 429.");
  private static final Setting<Integer> RESIDENT =
      Setting.integer(
          "resident",
          10_000,
          1,
          1_000_000,
          "Conversations kept in memory; the others are read from the store when they go on.");
  private static final Setting<Duration> SUMMARY_LIFE =
      Setting.duration(
          "summary_cache_seconds",
          Duration.ofHours(24),
          Duration.ofHours(1),
          Duration.ofDays(365),
          "How long a summary is kept for a conversation that goes the same way again.");
  private static final Setting<Long> BACKLOG =
      Setting.bytes(
          "backlog_bytes",
          16 << 20,
          0,
          1L << 34,
          "What may wait in memory, of all conversations, while the store is away; beyond it turns are"
              + " answered 503.");

  /** Reads the section. */
  public static ConversationSettings read(Section section) {
    var read =
        new ConversationSettings(
            section.get(WARMUP),
            section.get(HANDOVER),
            section.get(KEPT),
            section.get(ANSWER),
            section.get(WARMUP_LIMIT),
            section.get(CONCURRENT),
            section.get(QUEUED),
            section.get(RESIDENT),
            section.get(SUMMARY_LIFE),
            section.get(BACKLOG));
    if (read.handoverRatio < read.warmupRatio) {
      section.reject(
          HANDOVER.key(),
          "must not be below "
              + WARMUP.key()
              + " ("
              + read.warmupRatio
              + "), is "
              + read.handoverRatio);
    }
    return read;
  }

  /** The window of a conversation with a model of this kind. */
  public Window windowOf(ModelSpec spec) {
    int tokens = spec.contextTokens();
    int most = Math.min(spec.maxOutputTokens(), Math.max(1, tokens / WINDOW_SHARE));
    int answer = answerTokens == 0 ? most : Math.min(answerTokens, most);
    int summary = Math.max(1, (tokens - answer) / (2 * WINDOW_SHARE));
    double handover =
        Math.max(warmupRatio, handoverRatio); // a wrong pair is reported when it is read
    return new Window(tokens, answer, summary, warmupRatio, handover, keptMessages);
  }
}

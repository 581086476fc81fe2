package llm.core.context;

import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.domain.error.LlmError;

/**
 * Writes what a {@link DualContext} tells as events of logger {@code llm.dual}, and the room that
 * each message leaves as those of {@code llm.context} (C-4); counts it.
 */
public final class DualLog implements DualEvents {
  private final Log log;
  private final Log messages;
  private final Counters counters;
  private final String conversation;

  /**
   * Of one conversation.
   *
   * @param log tells of changes of context
   * @param messages tells of each message
   */
  public DualLog(Log log, Log messages, Counters counters, String conversation) {
    this.log = log;
    this.messages = messages;
    this.counters = counters;
    this.conversation = conversation;
  }

  /** What is counted of all conversations. */
  public static final class Counters {
    private final Metrics.Counter started;
    private final Metrics.Counter ready;
    private final Metrics.Counter cancelled;
    private final Metrics.Counter failed;
    private final Metrics.Counter handovers;
    private final Metrics.Counter hardStops;

    /** Registers them. */
    public Counters(Metrics metrics) {
      var warmups =
          metrics.counter(
              "llm_conversation_warmups_total", "Contexts made ready, by how it went.", "status");
      started = warmups.labels("started");
      ready = warmups.labels("ready");
      cancelled = warmups.labels("cancelled");
      failed = warmups.labels("failed");
      handovers =
          metrics.counter(
              "llm_conversation_handovers_total", "Conversations that went on in a new context.");
      hardStops =
          metrics.counter(
              "llm_conversation_hard_stops_total",
              "Turns that were told less, because the context was full and the next not ready.");
    }
  }

  @Override
  public void messageAdded(double ratio) {
    if (messages.enabled(Level.DEBUG)) {
      messages
          .debug("usage_ratio")
          .put("conversation", conversation)
          .put("usage_ratio", ratio)
          .emit();
    }
  }

  @Override
  public void warmupStart(double ratio) {
    counters.started.increment();
    line("warmup_start").put("ratio", ratio).emit();
  }

  @Override
  public void warmupReady(long nanos) {
    counters.ready.increment();
    line("warmup_ready").put("ms", nanos / 1e6).emit();
  }

  @Override
  public void warmupCancelled(String reason) {
    counters.cancelled.increment();
    line("warmup_cancelled").put("reason", reason).emit();
  }

  @Override
  public void warmupFailed(LlmError error) {
    counters.failed.increment();
    log.warn("warmup_failed")
        .put("conversation", conversation)
        .put("error", error.code().wireName())
        .put("message", error.message())
        .emit();
  }

  @Override
  public void handoverPerform(long nanos, double ratioBefore, double ratioAfter) {
    counters.handovers.increment();
    line("handover_perform")
        .put("ms", nanos / 1e6)
        .put("ratio_before", ratioBefore)
        .put("ratio_after", ratioAfter)
        .emit();
  }

  @Override
  public void hardStop(int leftOutMessages, int promptTokens, int limitTokens) {
    counters.hardStops.increment();
    log.warn("context_hard_stop")
        .put("conversation", conversation)
        .put("left_out_messages", leftOutMessages)
        .put("prompt_tokens", promptTokens)
        .put("limit_tokens", limitTokens)
        .emit();
  }

  private Log.Entry line(String event) {
    return log.info(event).put("conversation", conversation);
  }
}

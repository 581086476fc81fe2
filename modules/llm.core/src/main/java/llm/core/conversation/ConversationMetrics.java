package llm.core.conversation;

import java.util.Locale;
import java.util.function.LongSupplier;
import llm.core.conversation.record.TurnEnd;
import llm.core.telemetry.Metrics;

/** What is counted of conversations. */
final class ConversationMetrics {
  private static final double[] SECONDS = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1, 2.5, 5, 10, 30, 60
  };

  private final Metrics.Counter turns;
  private final Metrics.Histogram firstToken;

  ConversationMetrics(Metrics metrics, LongSupplier resident, LongSupplier backlogBytes) {
    turns =
        metrics.counter("llm_conversation_turns_total", "Turns of conversations, by end.", "end");
    firstToken =
        metrics.histogram(
            "llm_conversation_first_token_seconds",
            "Time from a turn's beginning to its first token.",
            SECONDS);
    metrics.gauge("llm_conversations_resident", "Conversations in memory.", resident::getAsLong);
    metrics.gauge(
        "llm_conversation_backlog_bytes",
        "Records of conversations that wait for the store.",
        backlogBytes::getAsLong);
  }

  void turn(TurnEnd how) {
    turns.labels(how.name().toLowerCase(Locale.ROOT)).increment();
  }

  void firstToken(double seconds) {
    firstToken.observe(seconds);
  }
}

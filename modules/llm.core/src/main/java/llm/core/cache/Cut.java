package llm.core.cache;

import java.time.Duration;
import llm.core.concurrent.Broadcast;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/** How an answer ends for one who does not come to its end. */
final class Cut {
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final String ANSWER = "The answer";

  private Cut() {}

  /** By the end of the one's own call, or because it was closed. */
  static StreamEvent.Terminal of(Call call, Usage usage) {
    CancelReason reason = call.cancelled().orElse(CancelReason.CLOSED);
    return StreamEvent.Terminal.of(reason, ANSWER, call.deadline().budget(), usage);
  }

  /** The ends of a reader of a broadcast answer. */
  static Broadcast.Ends<StreamEvent> ends(Call call, int answerBytes) {
    return new Broadcast.Ends<>() {
      @Override
      public StreamEvent cancelled(CancelReason reason) {
        return StreamEvent.Terminal.of(reason, ANSWER, call.deadline().budget(), Usage.NONE);
      }

      @Override
      public StreamEvent tooSlow() {
        var error =
            new LlmError.Overloaded(
                "bytes that a reader of a shared answer may be behind", answerBytes, SOON);
        return new StreamEvent.Failed(error, Usage.NONE);
      }
    };
  }
}

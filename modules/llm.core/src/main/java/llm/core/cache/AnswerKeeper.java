package llm.core.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;

/**
 * Joins the events of an answer that comes, as they are kept: deltas of one kind that follow each
 * other become one, but for those with log probabilities. Of an answer that is larger than it may
 * be, nothing is kept. One thread.
 */
final class AnswerKeeper {
  private static final long EVENT_WEIGHT = 64;
  private static final long LOGPROB_WEIGHT = 256;

  private enum Run {
    NONE,
    TEXT,
    REASONING,
    ARGUMENTS
  }

  private final long limit;
  private final List<StreamEvent> events = new ArrayList<>();
  private final StringBuilder joined = new StringBuilder();
  private Run run = Run.NONE;
  private int call; // whose arguments are joined
  private long weight;

  /** Keeps at most {@code limit}, about in bytes. */
  AnswerKeeper(long limit) {
    this.limit = limit;
  }

  /** About how many bytes an event takes. */
  static long weight(StreamEvent event) {
    return EVENT_WEIGHT
        + switch (event) {
          case StreamEvent.TextDelta delta ->
              2L * delta.text().length() + LOGPROB_WEIGHT * delta.logprobs().size();
          case StreamEvent.ReasoningDelta delta -> 2L * delta.text().length();
          case StreamEvent.ToolArgumentsDelta delta -> 2L * delta.json().length();
          case StreamEvent.ReasoningSigned signed -> 2L * signed.signature().length();
          case StreamEvent.ReasoningHidden hidden -> 2L * hidden.data().length();
          case StreamEvent.Aside aside -> 2L * aside.json().value().length();
          case StreamEvent.Started _,
              StreamEvent.RefusalStarted _,
              StreamEvent.ToolCallStarted _,
              StreamEvent.Terminal _ ->
              0;
        };
  }

  /** Whether an answer that ended so is complete, and would be the same again. */
  static boolean isNormal(StreamEvent.Done end) {
    return end.finishReason() == FinishReason.STOP || end.finishReason() == FinishReason.TOOL_CALLS;
  }

  /** Adds an event that is not terminal. */
  void add(StreamEvent event) {
    if (weight > limit) {
      return;
    }
    boolean goesOn = true;
    switch (event) {
      case StreamEvent.TextDelta delta when delta.logprobs().isEmpty() ->
          goesOn = join(Run.TEXT, 0, delta.text());
      case StreamEvent.ReasoningDelta delta -> goesOn = join(Run.REASONING, 0, delta.text());
      case StreamEvent.ToolArgumentsDelta delta ->
          goesOn = join(Run.ARGUMENTS, delta.index(), delta.json());
      default -> {
        endRun();
        events.add(event);
        goesOn = false;
      }
    }
    weight += goesOn ? weight(event) - EVENT_WEIGHT : weight(event);
    if (weight > limit) {
      events.clear();
      joined.setLength(0);
      joined.trimToSize();
    }
  }

  /** All events so far; empty when they are more than may be. */
  Optional<List<StreamEvent>> events() {
    if (weight > limit) {
      return Optional.empty();
    }
    endRun();
    return Optional.of(events);
  }

  /** Whether it follows what it was joined to. */
  private boolean join(Run kind, int index, String text) {
    boolean goesOn = run == kind && call == index;
    if (!goesOn) {
      endRun();
      run = kind;
      call = index;
    }
    joined.append(text);
    return goesOn;
  }

  private void endRun() {
    String text = joined.toString();
    switch (run) {
      case NONE -> {
        return;
      }
      case TEXT -> events.add(new StreamEvent.TextDelta(text));
      case REASONING -> events.add(new StreamEvent.ReasoningDelta(text));
      case ARGUMENTS -> events.add(new StreamEvent.ToolArgumentsDelta(call, text));
    }
    joined.setLength(0);
    run = Run.NONE;
  }
}

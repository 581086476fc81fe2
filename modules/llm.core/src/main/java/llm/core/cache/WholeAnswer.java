package llm.core.cache;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatResult;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.content.Thought;

/** An answer that came in one piece, as the stream that it would have been. */
public final class WholeAnswer implements EventStream<StreamEvent> {
  private final Call call;
  private final Iterator<StreamEvent> rest;
  private boolean isDone;

  /** The events of {@code result}, which was asked for under {@code call}. */
  public WholeAnswer(ChatResult result, Call call) {
    this.call = call;
    this.rest = events(result).iterator();
  }

  private static List<StreamEvent> events(ChatResult result) {
    var events = new ArrayList<StreamEvent>();
    events.add(new StreamEvent.Started(result.model()));
    if (result.course().isEmpty()) {
      result.thoughts().forEach(thought -> think(thought, events));
      if (!result.text().isEmpty() || !result.logprobs().isEmpty()) {
        events.add(new StreamEvent.TextDelta(result.text(), result.logprobs()));
      }
      for (int i = 0; i < result.toolCalls().size(); i++) {
        ToolCall made = result.toolCalls().get(i);
        events.add(new StreamEvent.ToolCallStarted(i, made.id(), made.name()));
        events.add(new StreamEvent.ToolArgumentsDelta(i, made.arguments().value()));
      }
    } else {
      events.addAll(result.course());
    }
    events.add(
        new StreamEvent.Done(
            result.finishReason(), result.usage(), result.stopSequence(), result.extensions()));
    return events;
  }

  private static void think(Thought thought, List<StreamEvent> events) {
    if (!thought.text().isEmpty()) {
      events.add(new StreamEvent.ReasoningDelta(thought.text()));
    }
    thought
        .signature()
        .ifPresent(proof -> events.add(new StreamEvent.ReasoningSigned(proof, thought.dialect())));
    thought
        .hidden()
        .ifPresent(proof -> events.add(new StreamEvent.ReasoningHidden(proof, thought.dialect())));
  }

  @Override
  public StreamEvent next() {
    if (isDone) {
      throw new IllegalStateException("the terminal event was already returned");
    }
    StreamEvent event = call.cancelled().isPresent() ? Cut.of(call, Usage.NONE) : rest.next();
    isDone = event instanceof StreamEvent.Terminal;
    return event;
  }

  @Override
  public boolean hasReady() {
    return !isDone;
  }

  @Override
  public void close() {
    isDone = true;
  }
}

package llm.core.structured;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import llm.core.concurrent.CallScope;
import llm.core.scripted.ScriptedStream;
import llm.core.scripted.Step;
import llm.core.testkit.ManualClock;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;

/** Models that say what a test wants. */
final class Scripts {
  static final Usage USAGE = Usage.of(7, 9);

  private Scripts() {}

  /** Says the pieces and stops. */
  static EventStream<StreamEvent> saying(CallScope call, ManualClock clock, String... pieces) {
    return ending(call, clock, new StreamEvent.Done(FinishReason.STOP, USAGE), pieces);
  }

  /** Says the pieces and ends as told. */
  static EventStream<StreamEvent> ending(
      CallScope call, ManualClock clock, StreamEvent.Terminal end, String... pieces) {
    var events = new ArrayList<StreamEvent>();
    events.add(new StreamEvent.Started("m"));
    events.add(new StreamEvent.ReasoningDelta("a thought apart {"));
    Arrays.stream(pieces).map(StreamEvent.TextDelta::new).forEach(events::add);
    events.add(end);
    return playing(call, clock, events);
  }

  static EventStream<StreamEvent> playing(
      CallScope call, ManualClock clock, List<StreamEvent> events) {
    var steps = events.stream().map(event -> (Step) new Step.Emit(event)).toList();
    return new ScriptedStream(
        steps.iterator(), "mock", said -> Usage.of(7, (int) said), call, clock, () -> {});
  }

  /** All events, the terminal one last. */
  static <E> List<E> drain(EventStream<E> stream, Class<?> terminal) throws Exception {
    var events = new ArrayList<E>();
    do {
      events.add(stream.next());
    } while (!terminal.isInstance(events.getLast()));
    stream.close();
    return events;
  }
}

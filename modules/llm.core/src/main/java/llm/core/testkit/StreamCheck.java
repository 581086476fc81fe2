package llm.core.testkit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;

/** Pulls a stream to its end and holds it to the contract that every provider signs. */
public final class StreamCheck {
  private static final int MOST_EVENTS = 1_000_000;

  private final List<StreamEvent> events = new ArrayList<>();
  private final Set<Integer> calls = new HashSet<>();

  private StreamCheck() {}

  /**
   * Pulls every event, closes the stream twice and asks for one more.
   *
   * @return the events, the terminal one last
   * @throws AssertionError when one of them, or the stream's behaviour after them, breaks the
   *     contract
   */
  public static List<StreamEvent> drain(EventStream<StreamEvent> stream) {
    var check = new StreamCheck();
    check.pull(stream);
    stream.close();
    stream.close();
    check.requireNothingAfterTheEnd(stream);
    return List.copyOf(check.events);
  }

  /** Pulls to the end and returns the terminal event. */
  public static StreamEvent.Terminal end(EventStream<StreamEvent> stream) {
    return (StreamEvent.Terminal) drain(stream).getLast();
  }

  /** The text of all deltas together. */
  public static String text(List<StreamEvent> events) {
    var text = new StringBuilder();
    for (StreamEvent event : events) {
      if (event instanceof StreamEvent.TextDelta delta) {
        text.append(delta.text());
      }
    }
    return text.toString();
  }

  private void pull(EventStream<StreamEvent> stream) {
    while (events.size() < MOST_EVENTS) {
      StreamEvent event = next(stream);
      require(event != null, "an event is null");
      check(event);
      events.add(event);
      if (event instanceof StreamEvent.Terminal) {
        return;
      }
    }
    throw new AssertionError("no end after " + MOST_EVENTS + " events");
  }

  private void check(StreamEvent event) {
    boolean first = events.isEmpty();
    switch (event) {
      case StreamEvent.Started _ -> require(first, "Started is not the first event");
      case StreamEvent.TextDelta delta -> {
        require(!first, "text before Started");
        boolean says = !delta.text().isEmpty() || !delta.logprobs().isEmpty();
        require(says, "an empty text delta");
        requireWhole(delta.text());
      }
      case StreamEvent.ReasoningDelta delta -> {
        require(!first, "reasoning before Started");
        require(!delta.text().isEmpty(), "an empty reasoning delta");
      }
      case StreamEvent.ReasoningSigned _, StreamEvent.ReasoningHidden _ ->
          require(!first, "reasoning before Started");
      case StreamEvent.Note _ -> require(!first, "a note before Started");
      case StreamEvent.ToolCallStarted call -> {
        require(!first, "a tool call before Started");
        require(calls.add(call.index()), "tool call " + call.index() + " started twice");
      }
      case StreamEvent.ToolArgumentsDelta delta ->
          require(calls.contains(delta.index()), "arguments of a call that was not started");
      case StreamEvent.Done _ -> require(!first, "Done without Started");
      case StreamEvent.Failed _, StreamEvent.Cancelled _ -> {
        // may come first: refused before anything began
      }
    }
  }

  private void requireWhole(String text) {
    require(
        text.isEmpty()
            || !Character.isHighSurrogate(text.charAt(text.length() - 1))
                && !Character.isLowSurrogate(text.charAt(0)),
        "a text delta cuts a character in two");
  }

  private void requireNothingAfterTheEnd(EventStream<StreamEvent> stream) {
    try {
      stream.next();
    } catch (IllegalStateException _) {
      return; // as promised
    } catch (LlmException wrong) {
      throw new AssertionError("next() after the end must be an IllegalStateException", wrong);
    }
    throw new AssertionError("next() after the end gave another event");
  }

  private static StreamEvent next(EventStream<StreamEvent> stream) {
    try {
      return stream.next();
    } catch (LlmException thrown) {
      throw new AssertionError("next() threw instead of giving a terminal event", thrown);
    }
  }

  private void require(boolean holds, String broken) {
    if (!holds) {
      throw new AssertionError(broken + ", after " + events.size() + " events");
    }
  }
}

package llm.core.gateway.attempt;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/**
 * Makes of what a provider emits what a stream promises: {@code Started} once and first, no empty
 * deltas, whole characters, arguments only of tool calls that were started. What can be mended is
 * mended, what cannot ends the stream as failed. One consumer thread.
 */
final class EventOrder {
  private static final int MOST_TOOL_CALLS = 1024;
  private static final String REPLACEMENT = "\uFFFD";

  private final String provider;
  private final String model;
  private final Deque<StreamEvent> ready = new ArrayDeque<>(4);
  private final BitSet toolCalls = new BitSet();
  private boolean started;
  private final Halves text = new Halves();
  private final Halves reasoning = new Halves();
  private final Map<Integer, Halves> arguments = new HashMap<>(4); // by tool call

  EventOrder(String provider, String model) {
    this.provider = provider;
    this.model = model;
  }

  /** Takes the provider's next event. */
  void admit(StreamEvent raw) {
    switch (raw) {
      case null -> fail("gave no event where one was due");
      case StreamEvent.Started event -> start(event);
      case StreamEvent.TextDelta event -> text(event);
      case StreamEvent.ReasoningDelta event ->
          pass(event, event.text(), reasoning, StreamEvent.ReasoningDelta::new);
      case StreamEvent.ReasoningSigned event -> add(event);
      case StreamEvent.ReasoningHidden event -> add(event);
      case StreamEvent.Note event -> add(event);
      case StreamEvent.ToolCallStarted event -> toolCall(event);
      case StreamEvent.ToolArgumentsDelta event -> arguments(event);
      case StreamEvent.Terminal event -> end(event);
    }
  }

  /** The next event to hand out, or null when the provider has to be asked. */
  StreamEvent poll() {
    return ready.poll();
  }

  /** Whether there is an event to hand out. */
  boolean hasReady() {
    return !ready.isEmpty();
  }

  private void start(StreamEvent.Started event) {
    if (!started) {
      started = true;
      ready.add(event);
    }
  }

  /** Adds the delta with what is whole of its text, if anything is. */
  private void pass(
      StreamEvent event, String said, Halves halves, Function<String, StreamEvent> delta) {
    String whole = halves.whole(said);
    if (!whole.isEmpty()) {
      add(whole.equals(said) ? event : delta.apply(whole));
    }
  }

  /** Log probabilities go along even where the text they belong to has to wait. */
  private void text(StreamEvent.TextDelta event) {
    if (event.logprobs().isEmpty()) {
      pass(event, event.text(), text, StreamEvent.TextDelta::new);
    } else {
      add(new StreamEvent.TextDelta(text.whole(event.text()), event.logprobs()));
    }
  }

  private void toolCall(StreamEvent.ToolCallStarted event) {
    int index = event.index();
    if (index < 0 || index >= MOST_TOOL_CALLS) {
      fail("started tool call " + index + ", which must be 0 to " + (MOST_TOOL_CALLS - 1));
    } else if (toolCalls.get(index)) {
      fail("started tool call " + index + " twice");
    } else if (event.id().isBlank() || event.name().isBlank()) {
      fail("started tool call " + index + " without an id or a name");
    } else {
      toolCalls.set(index);
      add(event);
    }
  }

  private void arguments(StreamEvent.ToolArgumentsDelta event) {
    if (event.index() < 0 || !toolCalls.get(event.index())) {
      fail("gave arguments of tool call " + event.index() + ", which was not started");
    } else {
      int index = event.index();
      Halves halves = arguments.computeIfAbsent(index, _ -> new Halves());
      pass(event, event.json(), halves, json -> new StreamEvent.ToolArgumentsDelta(index, json));
    }
  }

  private void end(StreamEvent.Terminal event) {
    if (event instanceof StreamEvent.Done) {
      replaceHalves();
      start(new StreamEvent.Started(model));
    }
    ready.add(event); // of what is cut off, half a character is as good as none
  }

  private void replaceHalves() {
    if (reasoning.isHolding()) {
      add(new StreamEvent.ReasoningDelta(REPLACEMENT));
    }
    if (text.isHolding()) {
      add(new StreamEvent.TextDelta(REPLACEMENT));
    }
    arguments.forEach((index, halves) -> {
      if (halves.isHolding()) {
        add(new StreamEvent.ToolArgumentsDelta(index, REPLACEMENT));
      }
    });
  }

  private void add(StreamEvent event) {
    if (!started) {
      start(new StreamEvent.Started(model));
    }
    ready.add(event);
  }

  private void fail(String what) {
    String sentence = "Provider '" + provider + "' broke its stream: it " + what + ".";
    ready.add(new StreamEvent.Failed(new LlmError.ProviderFailed(provider, sentence), Usage.NONE));
  }

  /** Keeps the first half of a character until its second comes. */
  private static final class Halves {
    private String held = "";

    private String whole(String more) {
      String all = held.isEmpty() ? more : held + more;
      held = "";
      int last = all.length() - 1;
      if (last >= 0 && Character.isHighSurrogate(all.charAt(last))) {
        held = all.substring(last);
        return all.substring(0, last);
      }
      return all;
    }

    private boolean isHolding() {
      return !held.isEmpty();
    }
  }
}

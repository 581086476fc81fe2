package llm.core.gateway;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
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

  private final String provider;
  private final String model;
  private final Deque<StreamEvent> ready = new ArrayDeque<>(4);
  private final BitSet toolCalls = new BitSet();
  private boolean started;
  private String heldHalf = ""; // the first half of a character whose second has not come

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
      case StreamEvent.ReasoningDelta event -> {
        if (!event.text().isEmpty()) {
          add(event);
        }
      }
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

  private void text(StreamEvent.TextDelta event) {
    String text = heldHalf.isEmpty() ? event.text() : heldHalf + event.text();
    heldHalf = "";
    if (text.isEmpty()) {
      return;
    }
    int last = text.length() - 1;
    if (Character.isHighSurrogate(text.charAt(last))) {
      heldHalf = text.substring(last);
      text = text.substring(0, last);
    }
    if (!text.isEmpty()) {
      add(text.equals(event.text()) ? event : new StreamEvent.TextDelta(text));
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
    } else if (!event.json().isEmpty()) {
      add(event);
    }
  }

  private void end(StreamEvent.Terminal event) {
    if (!heldHalf.isEmpty()) {
      add(new StreamEvent.TextDelta("\uFFFD"));
    }
    if (event instanceof StreamEvent.Done) {
      start(new StreamEvent.Started(model));
    }
    ready.add(event);
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
}

package llm.core.dialect.anthropic;

import llm.domain.chat.StreamEvent;

/** A call of a tool while it comes. Not thread-safe; one stream's. */
final class StreamedCall {
  /** Where its block is. */
  enum Place {
    /** Another block is not at its end yet. */
    WAITS,
    /** It is the one that is written. */
    OPEN,
    /** It was ended. */
    CLOSED
  }

  private final StreamEvent.ToolCallStarted start;
  private final ObjectEnd end = new ObjectEnd();
  private final StringBuilder held = new StringBuilder();
  private Place place = Place.WAITS;

  StreamedCall(StreamEvent.ToolCallStarted start) {
    this.start = start;
  }

  StreamEvent.ToolCallStarted start() {
    return start;
  }

  Place place() {
    return place;
  }

  void moveTo(Place next) {
    place = next;
  }

  /** Notes a fragment of the arguments. */
  void note(String fragment) {
    end.add(fragment);
  }

  /** Keeps a fragment until its block is open. */
  void hold(String fragment) {
    held.append(fragment);
  }

  /** What was kept. */
  String held() {
    return held.toString();
  }

  /** Whether its arguments are all there. */
  boolean isComplete() {
    return end.isComplete();
  }

  /** Whether its arguments are an object, or nothing, which stands for an empty one. */
  boolean isObject() {
    return end.isComplete() || end.isBlank();
  }
}

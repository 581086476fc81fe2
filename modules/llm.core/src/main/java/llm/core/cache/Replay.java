package llm.core.cache;

import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;

/** A kept answer as a stream: joined text is cut into pieces again, behind words. */
final class Replay implements EventStream<StreamEvent> {
  /** Characters of a piece, more or less a word. */
  static final int PIECE = 240;

  private final KeptAnswer answer;
  private final Call call;
  private int next; // index of the event
  private int from; // what was given of its text
  private volatile boolean isClosed;
  private boolean isDone;

  Replay(KeptAnswer answer, Call call) {
    this.answer = answer;
    this.call = call;
  }

  @Override
  public StreamEvent next() {
    if (isDone) {
      throw new IllegalStateException("the terminal event was already returned");
    }
    if (isClosed || call.cancelled().isPresent()) {
      isDone = true;
      return Cut.of(call, Usage.NONE);
    }
    if (next == answer.events().size()) {
      isDone = true;
      return answer.end();
    }
    return switch (answer.events().get(next)) {
      case StreamEvent.TextDelta delta when delta.logprobs().isEmpty() ->
          new StreamEvent.TextDelta(piece(delta.text()));
      case StreamEvent.ReasoningDelta delta -> new StreamEvent.ReasoningDelta(piece(delta.text()));
      case StreamEvent.ToolArgumentsDelta delta ->
          new StreamEvent.ToolArgumentsDelta(delta.index(), piece(delta.json()));
      case StreamEvent other -> {
        next++;
        yield other;
      }
    };
  }

  private String piece(String text) {
    int to = end(text, from);
    String piece = text.substring(from, to);
    from = to;
    if (to == text.length()) {
      from = 0;
      next++;
    }
    return piece;
  }

  /** Where a piece that begins at {@code from} ends: behind a blank, never within a character. */
  private static int end(String text, int from) {
    if (text.length() - from <= PIECE) {
      return text.length();
    }
    int to = from + PIECE;
    int blank = text.lastIndexOf(' ', to);
    if (blank > from + PIECE / 2) {
      return blank + 1;
    }
    return Character.isLowSurrogate(text.charAt(to)) ? to + 1 : to;
  }

  @Override
  public boolean hasReady() {
    return !isDone;
  }

  @Override
  public void close() {
    isClosed = true;
  }
}

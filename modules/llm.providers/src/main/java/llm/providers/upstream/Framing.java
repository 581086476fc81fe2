package llm.providers.upstream;

import java.io.InputStream;
import llm.core.sse.FrameReader;
import llm.core.sse.LineReader;
import llm.core.sse.SseReader;

/** How a stream is taken apart into pieces. */
public enum Framing {
  /** Events of an event stream. */
  EVENTS("text/event-stream"),
  /** Lines of JSON. */
  LINES("application/x-ndjson, application/json");

  private final String accepted;

  Framing(String accepted) {
    this.accepted = accepted;
  }

  /** What is asked for. */
  String accepted() {
    return accepted;
  }

  /** A reader of the pieces, each of at most so many bytes. */
  FrameReader reader(InputStream body, int most) {
    return switch (this) {
      case EVENTS -> new SseReader(body, most);
      case LINES -> new LineReader(body, most);
    };
  }
}

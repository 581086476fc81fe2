package llm.server.http;

import llm.domain.chat.StreamEvent;

/** Turns the events of one stream into the bytes of its dialect. One stream, one thread. */
@FunctionalInterface
public interface EventEncoder {
  /**
   * The whole frames that say {@code event}; empty when the dialect has none for it. For {@code
   * Done} the dialect's end, for any other terminal event its error frame and no end.
   */
  byte[] encode(StreamEvent event);
}

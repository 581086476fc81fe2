package llm.core.dialect.upstream;

import java.util.function.Consumer;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;

/**
 * Turns one answer of an upstream into events, piece by piece as they come. {@code Started} and the
 * end are the caller's: it knows the model that was asked for, and when the stream is over. Not
 * thread-safe.
 */
public interface AnswerReader {
  /**
   * Reads the data of one event, or a whole answer.
   *
   * @param events takes what it says; may be called not at all, or several times
   * @throws LlmException with {@code ProviderRefused} or {@code ProviderFailed} when it is an
   *     error, or is no such thing at all
   */
  void read(byte[] data, int offset, int length, Consumer<? super StreamEvent> events)
      throws LlmException;

  /** Whether the upstream's last word came: nothing is to follow. */
  boolean isDone();

  /** Whether a part of the answer came, were it an empty one. */
  boolean hasBegun();

  /** Whether the upstream said why it ended: the answer is complete, whatever follows. */
  boolean isFinished();

  /** What the upstream counted, so far. */
  Usage usage();

  /** The end of a stream, once it is over: done when the upstream said so, else failed. */
  StreamEvent.Terminal end();

  /** The end of an answer that came in one piece: that it is whole needs no further word. */
  StreamEvent.Terminal endWhole();
}

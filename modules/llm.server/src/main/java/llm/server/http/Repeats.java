package llm.server.http;

import com.sun.net.httpserver.HttpExchange;
import java.util.List;
import java.util.function.Supplier;
import llm.domain.call.Call;
import llm.domain.error.LlmException;

/**
 * Answers generations that have a key by which they may be asked for again: one answer for all who
 * have the key. Thread-safe.
 */
public interface Repeats {
  /** The header with the key. */
  String HEADER = "Idempotency-Key";

  /** How one is called that has its answer made. */
  String FIRST = "first";

  /**
   * Answers a request. Blocks until the answer has begun.
   *
   * @param keys the header's values, one or more
   * @param errors how errors look to the client
   * @param maker makes the answer, where it must be made
   * @throws LlmException when there is no answer
   */
  Repeated answer(List<String> keys, Request request, ErrorFormat errors, Maker maker)
      throws LlmException;

  /**
   * An answer of one of those requests.
   *
   * @param how what its key did, for the log
   * @param end how the answer ended, for the log; asked when it was sent
   */
  record Repeated(Response response, String how, Supplier<String> end) {}

  /** Makes the answer to the request as if its key were not there. */
  @FunctionalInterface
  interface Maker {
    /**
     * Begins to make it, on a thread of its own.
     *
     * @throws LlmException when there is no place for it; {@code recorder} is told nothing then
     */
    void begin(byte[] body, Recorder recorder) throws LlmException;
  }

  /** Who takes down an answer. Used by the thread that makes it. */
  interface Recorder {
    /** What the answer is given to. */
    HttpExchange exchange();

    /** It is made under {@code call}. */
    void begun(Call call);

    /** What is given from now on is its last. */
    void holdRest();

    /**
     * It is over.
     *
     * @param how {@code done}, or the word for the failure
     * @param isWhole whether it has an end of its own
     */
    void ended(String how, boolean isWhole);
  }
}

package llm.core.trace;

import java.io.IOException;
import java.util.Optional;

/** Where batches of spans go. Used by one thread at a time. */
@FunctionalInterface
public interface Collector {

  /**
   * Posts a body of OTLP JSON and waits for the answer, within a time limit of its own.
   *
   * @throws IOException when there is no answer
   * @throws InterruptedException when the thread was interrupted while it waited
   */
  Answer post(byte[] body) throws IOException, InterruptedException;

  /**
   * What the collector said.
   *
   * @param status of HTTP
   * @param retryAfter the header of that name
   * @param body as much of it as is worth reading
   */
  record Answer(int status, Optional<String> retryAfter, String body) {}
}

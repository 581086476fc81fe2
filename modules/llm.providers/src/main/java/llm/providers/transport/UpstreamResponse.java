package llm.providers.transport;

import java.io.InputStream;
import java.util.Optional;
import java.util.function.BiConsumer;

/** The head of an answer and the way to its body. One consumer; {@link #close} from any thread. */
public interface UpstreamResponse extends AutoCloseable {

  /** The status, 200 to 599. */
  int status();

  /** The first value of a field, names compared without case. */
  Optional<String> header(String name);

  /** Gives every field in its order, names as they came; for who keeps the whole head. */
  void eachHeader(BiConsumer<String, String> taker);

  /**
   * The body, decoded from its transfer coding. Reads throw {@link TransportException}; {@code -1}
   * is the true end: a body that was cut off never ends so. {@code available()} tells what a read
   * would give without waiting.
   */
  InputStream body();

  /**
   * Ends the exchange: the connection goes back to the pool when the body was read to its end, or
   * is closed. Idempotent, does not block.
   */
  @Override
  void close();
}

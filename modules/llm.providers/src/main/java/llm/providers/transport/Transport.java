package llm.providers.transport;

import llm.domain.call.Call;

/**
 * The way to one upstream: its address, its pool of connections, its limits. Every implementation
 * passes the same suite of faults.
 *
 * <p>Thread-safe. {@link #send} blocks the calling (virtual) thread.
 */
public interface Transport extends AutoCloseable {

  /**
   * Sends {@code request} and waits for the head of the answer, whatever its status.
   *
   * <p>Every wait (for a free connection, for the connect, for the first byte) ends at the latest
   * when {@code call} is cancelled, which its deadline does too; from then on until the response is
   * closed a cancellation closes the connection, and the body's reads fail.
   *
   * <p>A request that went out on a pooled connection which the upstream had closed, so that not a
   * byte came back, is sent once more on a new one.
   *
   * @throws TransportException with the kind of failure, when there is no head
   */
  UpstreamResponse send(UpstreamRequest request, Call call) throws TransportException;

  /**
   * Opens connections, TLS handshake included, until {@code count} of them rest in the pool or the
   * settings allow no more; blocks as {@link #send} does. They age like any other.
   *
   * @return how many were opened; 0 from an implementation that cannot open one without a request
   * @throws TransportException when one cannot be opened; those before it stay
   */
  default int warm(int count, Call call) throws TransportException {
    return 0;
  }

  /** Closes the pool; exchanges under way fail. Idempotent. */
  @Override
  void close();
}

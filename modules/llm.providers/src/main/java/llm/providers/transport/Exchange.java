package llm.providers.transport;

/**
 * What a cancellation has to break off, from the wait for a connection to the end of the body; each
 * part of the way says how it is broken. The first of "aborted" and "finished" wins: after {@link
 * #finish} an abort does nothing, so that it cannot hit a connection that went back to the pool.
 *
 * <p>Thread-safe; breakers run on the aborting thread and must not block.
 */
final class Exchange {
  private Runnable breaker = () -> {}; // guarded by this
  private TransportException aborted; // guarded by this
  private boolean finished; // guarded by this

  /** From here on an abort runs {@code next}; throws when it was aborted already. */
  void during(Runnable next) throws TransportException {
    synchronized (this) {
      breaker = next;
    }
    check();
  }

  /** Breaks the exchange off; the first reason stays. */
  void abort(TransportException why) {
    Runnable toRun;
    synchronized (this) {
      if (finished || aborted != null) {
        return;
      }
      aborted = why;
      toRun = breaker;
    }
    toRun.run();
  }

  /** Ends the exchange; false when it was aborted before. */
  synchronized boolean finish() {
    if (aborted != null) {
      return false;
    }
    finished = true;
    return true;
  }

  /** Throws the reason when it was aborted. */
  synchronized void check() throws TransportException {
    if (aborted != null) {
      throw aborted;
    }
  }
}

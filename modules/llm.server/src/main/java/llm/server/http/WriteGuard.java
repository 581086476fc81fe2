package llm.server.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Duration;
import llm.core.concurrent.Alarms;
import llm.server.engine.EngineExchange;
import llm.server.engine.StalledClientException;

/** Bounds how long one write to a client may block, and says what became of the client. */
interface WriteGuard extends AutoCloseable {
  /** Our own engine bounds its writes by itself; what it throws says why. */
  WriteGuard ENGINE =
      new WriteGuard() {
        @Override
        public void run(Output output) throws ConnectionLost {
          try {
            output.write();
          } catch (StalledClientException stalled) {
            throw new ConnectionLost(ConnectionLost.Why.STALLED, stalled);
          } catch (IOException broken) {
            throw new ConnectionLost(ConnectionLost.Why.GONE, broken);
          }
        }

        @Override
        public void close() {
          // nothing is held
        }
      };

  /** A piece of output. */
  @FunctionalInterface
  interface Output {
    void write() throws IOException;
  }

  /** The guard of one exchange's answer. */
  static WriteGuard of(HttpExchange exchange, Alarms alarms, Duration limit) {
    return exchange instanceof EngineExchange ? ENGINE : new AlarmedWrites(alarms, limit);
  }

  /**
   * Runs {@code output}, by one thread at a time.
   *
   * @throws ConnectionLost when it failed, or took too long
   */
  void run(Output output) throws ConnectionLost;

  @Override
  void close();
}

package llm.server.ws;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.engine.TakenConnection;

/** All WebSockets of the process: their number, and the way to end them. Thread-safe. */
public final class WebSockets implements AutoCloseable {
  private static final Duration RETRY_WHEN_CLOSED = Duration.ofSeconds(5);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);
  private static final CloseStatus SHUTDOWN =
      new CloseStatus(CloseStatus.GOING_AWAY, "the server is shutting down");

  private final Alarms alarms;
  private final Log log;
  private final Metrics.Gauge connections;
  private final Metrics.Counter closes;
  private final Set<Connection> open = new HashSet<>(); // guarded by itself
  private boolean closed; // guarded by open

  /** None is open. */
  public WebSockets(Alarms alarms, Telemetry telemetry) {
    this.alarms = alarms;
    this.log = telemetry.log("llm.ws");
    this.connections =
        telemetry.metrics().gauge("gateway_ws_connections", "WebSocket connections that are open.");
    this.closes =
        telemetry
            .metrics()
            .counter("gateway_ws_closed_total", "WebSocket connections that ended.", "code");
  }

  /**
   * Refuses while shutting down.
   *
   * @throws LlmException with {@code ShuttingDown}
   */
  void requireOpen() throws LlmException {
    synchronized (open) {
      if (closed) {
        throw new LlmException(new LlmError.ShuttingDown(RETRY_WHEN_CLOSED));
      }
    }
  }

  /** Runs one connection to its end on this thread, and closes it. */
  void run(
      WebSocketEndpoint.Visit visit,
      String subprotocol,
      WebSocketHandler handler,
      WebSocketSettings settings,
      TakenConnection taken) {
    var account = new Account(alarms, log);
    var opening = new Connection.Opening(visit.id(), subprotocol);
    try (taken) {
      var connection = new Connection(opening, taken, handler, settings, account);
      if (!add(connection)) {
        connection.close(SHUTDOWN); // it came while the others were being closed
      }
      try {
        connection.run();
      } finally {
        remove(connection);
        closes.labels(connection.status().label()).increment();
        account.ended(visit, connection.status(), connection.end());
      }
    }
  }

  /** Closes as {@link #close(Duration)} with 1 s. */
  @Override
  public void close() {
    close(CLOSE_LIMIT);
  }

  /**
   * Lets nobody in any more, sends everybody a close frame with 1001, and drops those that have not
   * answered when {@code limit} has passed. Idempotent.
   *
   * @return whether all answered in time
   */
  public boolean close(Duration limit) {
    List<Connection> all;
    synchronized (open) {
      closed = true;
      all = List.copyOf(open);
    }
    // Each on its own thread: a client that takes nothing must not keep the others waiting.
    all.forEach(connection -> Thread.startVirtualThread(() -> connection.close(SHUTDOWN)));
    boolean answered = awaitNone(limit);
    synchronized (open) {
      all = List.copyOf(open);
    }
    all.forEach(connection -> connection.abort("shutdown"));
    return answered;
  }

  private boolean awaitNone(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    synchronized (open) {
      try {
        for (long left = limit.toNanos();
            !open.isEmpty() && left > 0;
            left = until - System.nanoTime()) {
          open.wait(left / 1_000_000 + 1);
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      return open.isEmpty();
    }
  }

  private boolean add(Connection connection) {
    connections.add(1);
    synchronized (open) {
      open.add(connection);
      return !closed;
    }
  }

  private void remove(Connection connection) {
    connections.add(-1);
    synchronized (open) {
      open.remove(connection);
      open.notifyAll();
    }
  }
}

package llm.server.ws;

import java.util.concurrent.atomic.AtomicLong;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;

/** What one connection came to, for the log. Thread-safe. */
final class Account {
  private final Alarms alarms;
  private final Log log;
  private final AtomicLong messagesIn = new AtomicLong();
  private final AtomicLong messagesOut = new AtomicLong();
  private final AtomicLong bytesOut = new AtomicLong();
  private final long startedNanos;

  Account(Alarms alarms, Log log) {
    this.alarms = alarms;
    this.log = log;
    this.startedNanos = alarms.time().nanoTime();
  }

  Alarms alarms() {
    return alarms;
  }

  /** A message came. */
  void received() {
    messagesIn.incrementAndGet();
  }

  /** Messages went out. */
  void sent(int count) {
    messagesOut.addAndGet(count);
  }

  /** Bytes went out, heads of frames and control frames included. */
  void wrote(int bytes) {
    bytesOut.addAndGet(bytes);
  }

  /** A handler threw what it should not. */
  void failed(String id, Throwable bug) {
    log.error("ws_handler_failed").put("request_id", id).cause(bug).emit();
  }

  /** The connection's one line: counts and codes, never what was said. */
  void ended(WebSocketEndpoint.Visit visit, CloseStatus status, String end) {
    log.info("ws_closed")
        .put("request_id", visit.id())
        .put("route", visit.route())
        .put("principal", visit.principal())
        .put("code", status.code())
        .put("end", end)
        .put("duration_ms", (alarms.time().nanoTime() - startedNanos) / 1e6)
        .put("messages_in", messagesIn.get())
        .put("messages_out", messagesOut.get())
        .put("bytes_out", bytesOut.get())
        .emit();
  }
}

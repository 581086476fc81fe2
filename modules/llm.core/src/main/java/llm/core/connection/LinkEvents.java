package llm.core.connection;

import llm.core.connection.Attempt.Outcome;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.error.LlmError;

/** Tells of the pings of one provider, and once of each change. Thread-safe. */
final class LinkEvents {
  private static final double NANOS_PER_MS = 1e6;

  private final String provider;
  private final Log log;
  private final PingMetrics metrics;
  private Outcome told = Outcome.WARM; // guarded by this; what was said last

  LinkEvents(String provider, Log log, PingMetrics metrics) {
    this.provider = provider;
    this.log = log;
    this.metrics = metrics;
  }

  /** What is tried. */
  enum Kind {
    HANDSHAKE("conn_handshake"),
    PING("keep_alive_ping");

    private final String event;

    Kind(String event) {
      this.event = event;
    }
  }

  void starts(Kind kind, Call call) {
    log.at(level(kind), kind.event + "_start").call(call).put("provider", provider).emit();
  }

  void finished(Kind kind, Call call, Attempt attempt) {
    count(attempt);
    var line =
        log.at(level(kind), kind.event + "_finish")
            .call(call)
            .put("provider", provider)
            .put("ms", attempt.nanos() / NANOS_PER_MS);
    if (kind == Kind.HANDSHAKE) {
      attempt.pingNanos().ifPresent(nanos -> line.put("ping_ms", nanos / NANOS_PER_MS));
    }
    attempt.status().ifPresent(status -> line.put("status", status));
    attempt.generationNanos().ifPresent(nanos -> line.put("generation_ms", nanos / NANOS_PER_MS));
    attempt.failure().ifPresent(error -> line.put("error", error.code().wireName()));
    line.emit();
    change(attempt, call);
  }

  /** Nobody asks. */
  void rests(double idleSeconds) {
    log.debug("connection_rests").put("provider", provider).put("idle_seconds", idleSeconds).emit();
  }

  /** A bug of the provider's. */
  void threw(Call call, RuntimeException bug) {
    log.error("provider_threw").call(call).put("provider", provider).cause(bug).emit();
  }

  /** A hook of a call threw. */
  void hookFailed(Throwable failure) {
    log.error("hook_failed").put("provider", provider).cause(failure).emit();
  }

  /** Handshakes are rare, but where one fails it is tried again at each interval. */
  private synchronized Level level(Kind kind) {
    return kind == Kind.HANDSHAKE && told != Outcome.LOST ? Level.INFO : Level.DEBUG;
  }

  private void count(Attempt attempt) {
    if (attempt.pingNanos().isPresent()) {
      metrics.answered(provider, attempt.status(), attempt.pingNanos().get());
    } else if (attempt.outcome() == Outcome.NONE) {
      metrics.skipped(provider);
    } else {
      metrics.failed(provider);
    }
  }

  private void change(Attempt attempt, Call call) {
    Outcome now = attempt.outcome();
    Outcome before;
    synchronized (this) {
      before = told;
      if (now == before || now == Outcome.NONE) {
        return;
      }
      told = now;
    }
    String message = attempt.failure().map(LlmError::message).orElse(null);
    switch (now) {
      case LOST -> say(Level.WARN, "connection_lost", call, message);
      case NO_GENERATION -> say(Level.WARN, "empty_generation_failed", call, message);
      case WARM, NONE -> say(Level.INFO, "connection_back", call, null);
    }
  }

  private void say(Level level, String event, Call call, String message) {
    log.at(level, event).call(call).put("provider", provider).put("detail", message).emit();
  }
}

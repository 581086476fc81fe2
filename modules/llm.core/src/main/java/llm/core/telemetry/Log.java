package llm.core.telemetry;

import llm.domain.call.Call;
import llm.domain.call.Span;

/**
 * A component's log: each event is one JSON line on standard output. An event below the component's
 * level costs one comparison and no allocation. Thread-safe; never blocks: when the ring is full,
 * DEBUG and INFO events are dropped and counted.
 *
 * <pre>{@code
 * if (log.enabled(Level.DEBUG)) {
 *   log.debug("chunk").call(call).put("size", bytes).put("seq", seq).emit();
 * }
 * }</pre>
 */
public interface Log {

  /** Whether events of this level are written. */
  boolean enabled(Level level);

  /** Starts an event; one below the level ignores what is put into it. */
  Entry at(Level level, String event);

  /** An event for diagnosis. */
  default Entry debug(String event) {
    return at(Level.DEBUG, event);
  }

  /** An event of normal running. */
  default Entry info(String event) {
    return at(Level.INFO, event);
  }

  /** Something is wrong and the work went on. */
  default Entry warn(String event) {
    return at(Level.WARN, event);
  }

  /** Something failed. */
  default Entry error(String event) {
    return at(Level.ERROR, event);
  }

  /** One event being built; used by one thread, emitted once. Null values are left out. */
  interface Entry {
    /** The call's correlation id, as {@code request_id}, and its trace, if it is of one. */
    Entry call(Call call);

    /**
     * The trace that {@code span} is of, as {@code trace_id}, and itself as {@code span_id} where
     * it is recorded here. {@link #call} does so by itself with the call's own.
     */
    default Entry within(Span span) {
      if (span.isTraced()) {
        span.context()
            .ifPresent(context -> {
              put("trace_id", context.traceId());
              if (span.isRecording()) {
                put("span_id", context.spanId());
              }
            });
      }
      return this;
    }

    /** A text field; control characters are escaped, at most 8 KiB are kept. */
    Entry put(String field, String value);

    /** A whole-number field. */
    Entry put(String field, long value);

    /** A decimal field, for example milliseconds; at most three decimals are written. */
    Entry put(String field, double value);

    /** A boolean field. */
    Entry put(String field, boolean value);

    /** Class, message and the first frames of a failure, as {@code error} and {@code stack}. */
    Entry cause(Throwable cause);

    /** Hands the event to the writer. */
    void emit();
  }
}

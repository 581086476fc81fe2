package llm.domain.call;

import java.util.Optional;

/**
 * A piece of work in a trace, from its begin to its end. By default nothing is recorded: then every
 * method does nothing, allocates nothing, and the spans begun below do nothing either. What is
 * costly to say is said only where {@link #isRecording}.
 *
 * <p>Whoever begins a span ends it, on every path; what is put in after that is lost. Thread-safe;
 * no method blocks.
 */
public interface Span {
  /** Of work that belongs to no trace. */
  Span NONE = new Passed(Optional.empty());

  /** How the span stands to others, as OpenTelemetry has it. */
  enum Kind {
    /** Work inside of this process. */
    INTERNAL,
    /** A request that somebody sent us. */
    SERVER,
    /** A request that we send to somebody. */
    CLIENT
  }

  /** A span that records nothing and lets the caller's context through as it came. */
  static Span passing(Optional<TraceContext> context) {
    return context.isEmpty() ? NONE : new Passed(context);
  }

  /** What others are told of where they belong: this span is their parent. */
  Optional<TraceContext> context();

  /** Whether what is put in is kept. */
  default boolean isRecording() {
    return false;
  }

  /** Whether log lines are to name the trace: it is recorded, here or by who called us. */
  default boolean isTraced() {
    return isRecording();
  }

  /** Whether what was said may be put in; only where the operator wants it. */
  default boolean capturesContent() {
    return false;
  }

  /** A span that is part of this one; it may outlive it. */
  default Span begin(String name, Kind kind) {
    return this;
  }

  /** Puts in an attribute; a later value of the same name comes beside the earlier one. */
  default Span put(String key, String value) {
    return this;
  }

  /** Puts in a whole number. */
  default Span put(String key, long value) {
    return this;
  }

  /** Puts in a decimal number, finite. */
  default Span put(String key, double value) {
    return this;
  }

  /** Puts in a flag. */
  default Span put(String key, boolean value) {
    return this;
  }

  /** Puts in a list of one text. */
  default Span putList(String key, String value) {
    return this;
  }

  /** Puts it into this span, and into all that are begun below it from now on. */
  default Span passOn(String key, String value) {
    return this;
  }

  /** Something happened now. */
  default void event(String name) {}

  /** Something happened now, and a word about it. */
  default void event(String name, String key, String value) {}

  /** The work failed. */
  default void failed(String errorType, String message) {}

  /** The work is over. Idempotent. */
  default void end() {}

  /** What only passes a context on. */
  record Passed(Optional<TraceContext> context) implements Span {
    @Override
    public boolean isTraced() {
      return context.isPresent();
    }
  }
}

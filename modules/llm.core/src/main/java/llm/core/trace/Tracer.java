package llm.core.trace;

import java.util.Optional;
import llm.domain.call.Span;
import llm.domain.call.TraceContext;

/** Begins the first span of what this process does in a trace. Thread-safe; never blocks. */
@FunctionalInterface
public interface Tracer {
  /** Records nothing; a caller's context goes on as it came. */
  Tracer OFF = (_, _, parent) -> Span.passing(parent);

  /**
   * A span without one of ours above it.
   *
   * @param parent what the caller said of its trace; empty: a new trace begins
   * @return for the caller to end; one that records nothing where the trace is not sampled
   */
  Span begin(String name, Span.Kind kind, Optional<TraceContext> parent);
}

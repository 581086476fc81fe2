package llm.core.gateway.failover;

/**
 * Where a continuation is joined to what was given before: takes away what it says again. One
 * continuation each; not thread-safe.
 */
public sealed interface Joint permits Echo, Regrown, Overlap {
  /**
   * Takes more of the continuation.
   *
   * @return what is new of all that was taken and is decided; may be empty
   */
  String next(String text);

  /** The continuation is over; what is new of the rest. */
  String end();
}

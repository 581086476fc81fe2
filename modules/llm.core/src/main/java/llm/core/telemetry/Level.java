package llm.core.telemetry;

/** How much an event matters, least first. AUDIT is never dropped and cannot be turned off. */
public enum Level {
  DEBUG,
  INFO,
  WARN,
  ERROR,
  AUDIT
}

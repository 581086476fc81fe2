package llm.core.telemetry;

/** Logs and metrics of one process; handed down from the boot code, never a static. */
public interface Telemetry {

  /** The log of a component, as {@code llm.gateway}; cheap, keep it. */
  Log log(String component);

  /** The metrics registry. */
  Metrics metrics();
}

package llm.core.gateway.route;

/** In which order a route's targets are asked. */
public enum Strategy {
  /** In the order of the configuration. */
  FIRST,
  /** By lot, each by its weight; those behind it likewise. */
  WEIGHTED,
  /** The one that begins its answers soonest, of late; one that was not asked of late before it. */
  LEAST_TTFT
}

package llm.core.gateway.route;

import java.util.List;
import llm.core.catalogue.NamePattern;

/**
 * One route.
 *
 * @param name who is meant by it
 * @param targets at least one, in the order of the configuration
 */
public record RouteRule(NamePattern name, Strategy strategy, List<Target> targets) {
  /** Copies the list; rejects an empty one. */
  public RouteRule {
    targets = List.copyOf(targets);
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("a route must have a target");
    }
  }
}

package llm.core.gateway.route;

import java.time.Duration;
import java.util.List;
import llm.core.catalogue.NamePattern;

/**
 * One route.
 *
 * @param name who is meant by it
 * @param targets at least one, in the order of the configuration
 * @param hedgeAfter how long the first target may take until the next one is asked too; zero: any
 *     time
 */
public record RouteRule(
    NamePattern name, Strategy strategy, List<Target> targets, Duration hedgeAfter) {
  /** Copies the list; rejects an empty one. */
  public RouteRule {
    targets = List.copyOf(targets);
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("a route must have a target");
    }
  }
}

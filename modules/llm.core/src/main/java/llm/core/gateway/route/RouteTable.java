package llm.core.gateway.route;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import llm.core.catalogue.NamePattern;

/**
 * The routes: whom a name means, and the order in which those are asked. Immutable; thread-safe as
 * its random numbers are.
 */
public final class RouteTable {
  /** In so many of a thousand requests, {@code least_ttft} asks another target than the best. */
  static final int EXPLORED_PER_THOUSAND = 50;

  private static final int THOUSAND = 1_000;

  private final Map<String, RouteRule> exact = new LinkedHashMap<>();
  private final List<RouteRule> patterns;
  private final boolean hedges;
  private final FirstTokens firstTokens;
  private final RandomGenerator random;

  /**
   * A table of these routes.
   *
   * @param rules no two of one name; no route leads to itself
   * @param random where lots come from; thread-safe
   */
  public RouteTable(List<RouteRule> rules, FirstTokens firstTokens, RandomGenerator random) {
    rules.stream()
        .filter(rule -> !rule.name().isPattern())
        .forEach(rule -> exact.put(rule.name().text(), rule));
    this.patterns =
        rules.stream()
            .filter(rule -> rule.name().isPattern())
            .sorted(Comparator.comparing(RouteRule::name, NamePattern.MOST_EXACT_FIRST))
            .toList();
    this.hedges = rules.stream().anyMatch(rule -> !rule.hedgeAfter().isZero());
    this.firstTokens = firstTokens;
    this.random = random;
  }

  /** The route that {@code name} means: the one of that very name, else the most exact pattern. */
  public Optional<RouteRule> find(String name) {
    RouteRule named = exact.get(name);
    if (named != null) {
      return Optional.of(named);
    }
    for (RouteRule rule : patterns) {
      if (rule.name().match(name).isPresent()) {
        return Optional.of(rule);
      }
    }
    return Optional.empty();
  }

  /** Whether there is none, patterns included. */
  public boolean isEmpty() {
    return exact.isEmpty() && patterns.isEmpty();
  }

  /** The names that are routes, in the order of the configuration; patterns are none. */
  public List<String> aliases() {
    return List.copyOf(exact.keySet());
  }

  /** The targets of {@code name} in the order of the configuration; none where no route fits. */
  public List<Pick> targets(String name) {
    return find(name).map(rule -> expand(rule, name, false)).orElse(List.of());
  }

  /** The targets of {@code name} in the order in which to ask them now. */
  public List<Pick> order(String name) {
    return find(name).map(rule -> expand(rule, name, true)).orElse(List.of());
  }

  /** How long the first target of {@code name} may take; zero: any time. */
  public Duration hedgeAfter(String name) {
    return hedges ? find(name).map(RouteRule::hedgeAfter).orElse(Duration.ZERO) : Duration.ZERO;
  }

  /** How soon targets begin. */
  public FirstTokens firstTokens() {
    return firstTokens;
  }

  private List<Pick> expand(RouteRule rule, String name, boolean now) {
    String star = rule.name().match(name).orElseThrow();
    List<Target> targets = now ? ordered(rule, name, star) : rule.targets();
    var picks = new ArrayList<Pick>();
    for (Target target : targets) {
      String model = target.modelFor(name, star);
      RouteRule inner = target.provider().isEmpty() ? exact.get(model) : null;
      if (inner == null || inner == rule) {
        picks.add(new Pick(rule.name().text(), target.provider(), model, target.overrides()));
      } else {
        for (Pick pick : expand(inner, model, now)) {
          picks.add(
              new Pick(
                  rule.name().text(),
                  pick.provider(),
                  pick.model(),
                  target.overrides().around(pick.overrides())));
        }
      }
    }
    return picks;
  }

  private List<Target> ordered(RouteRule rule, String name, String star) {
    if (rule.targets().size() == 1) {
      return rule.targets();
    }
    return switch (rule.strategy()) {
      case FIRST -> rule.targets();
      case WEIGHTED -> byLot(rule.targets());
      case LEAST_TTFT -> soonest(rule.targets(), name, star);
    };
  }

  /** Draws one after the other; those of weight 0 come last, in their order. */
  private List<Target> byLot(List<Target> targets) {
    var left = new ArrayList<>(targets);
    var drawn = new ArrayList<Target>(targets.size());
    int total = targets.stream().mapToInt(Target::weight).sum();
    while (total > 0) {
      int lot = random.nextInt(total);
      int at = 0;
      while (lot >= left.get(at).weight()) {
        lot -= left.get(at).weight();
        at++;
      }
      Target winner = left.remove(at);
      drawn.add(winner);
      total -= winner.weight();
    }
    drawn.addAll(left);
    return drawn;
  }

  private List<Target> soonest(List<Target> targets, String name, String star) {
    var sorted = new ArrayList<>(targets);
    var nanos = new LinkedHashMap<Target, Double>(); // of one moment: others measure meanwhile
    targets.forEach(target -> nanos.put(target, known(target, name, star)));
    sorted.sort(Comparator.comparingDouble(nanos::get));
    if (random.nextInt(THOUSAND) < EXPLORED_PER_THOUSAND) {
      sorted.addFirst(sorted.remove(1 + random.nextInt(sorted.size() - 1)));
    }
    return sorted;
  }

  /** Of a route, the soonest of its targets; 0 where nothing is known, so that it is asked. */
  private double known(Target target, String name, String star) {
    String model = target.modelFor(name, star);
    RouteRule inner = target.provider().isEmpty() ? exact.get(model) : null;
    if (inner == null) {
      var own = new Pick("", target.provider(), model, Overrides.NONE);
      return firstTokens.of(own.key()).orElse(0);
    }
    return expand(inner, model, false).stream()
        .mapToDouble(pick -> firstTokens.of(pick.key()).orElse(0))
        .min()
        .orElse(0);
  }
}

package llm.core.gateway.route;

import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.catalogue.NamePattern;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.model.ModelName;

/**
 * Reads section {@code routes}. What is wrong is reported with its line: names that cannot be used,
 * routes that lead to each other in a circle, targets that nobody serves or that are there twice.
 */
public final class RouteReader {
  private static final int HEAVIEST = 1_000_000;

  private static final Setting<Strategy> STRATEGY =
      Setting.choice(
          "strategy",
          Strategy.FIRST,
          "The order in which targets are asked: as they stand here, by lot by their weights, or by"
              + " the time to their first tokens of late.");
  private static final Setting<Duration> HEDGE_AFTER =
      Setting.duration(
          "hedge_after_ms",
          Duration.ZERO,
          Duration.ZERO,
          Duration.ofMinutes(10),
          "When a stream's first token is not there after so long, the next target is asked too,"
              + " and whose comes first answers; 0: never.");
  private static final Setting<String> PROVIDER =
      Setting.optionalText(
          "provider",
          "Who serves it; without it another route of the model's name, else the first that knows"
              + " the model.");
  private static final Setting<String> MODEL =
      Setting.optionalText(
          "model",
          "The model there; * in it is what * of the route's name stands for; without it the name"
              + " that was asked for.");
  private static final Setting<Integer> WEIGHT =
      Setting.integer(
          "weight", 1, 0, HEAVIEST, "Share of the requests by lot; 0: only when others fail.");

  private final Providers providers;
  private final Map<String, RouteRule> rules = new LinkedHashMap<>();
  private final Map<String, List<Section>> sections = new LinkedHashMap<>();

  private RouteReader(Providers providers) {
    this.providers = providers;
  }

  /** What is known at start of those who serve. */
  public interface Providers {
    /** Why nothing can be asked of the provider {@code id}; empty: it can. */
    Optional<String> whyNot(String id);

    /** Why {@code model} cannot be asked for; empty: it can, or nobody knows yet. */
    Optional<String> whyNot(Optional<String> provider, String model);
  }

  /** The routes of the configuration's {@code root}, without those that are wrong. */
  public static List<RouteRule> read(Section root, Providers providers) {
    var reader = new RouteReader(providers);
    root.named("routes", "Routes by the name that callers use, in which one * is any text.")
        .forEach((name, section) -> reader.rule(name, section));
    if (root.isReference() || reader.hasLoops()) {
      return List.of(); // nobody is to follow a circle, not even until it is refused
    }
    reader.rejectDead();
    return List.copyOf(reader.rules.values());
  }

  private void rule(String name, Section section) {
    Strategy strategy = section.get(STRATEGY);
    Duration hedgeAfter = section.get(HEDGE_AFTER);
    List<Section> entries = section.entries("targets", "Who is asked; when one cannot, the next.");
    List<Target> targets = entries.stream().map(RouteReader::target).toList();
    if (section.isReference()) {
      return;
    }
    if (targets.isEmpty()) {
      section.reject("targets", "must name at least one");
      return;
    }
    if (strategy == Strategy.WEIGHTED
        && targets.stream().mapToLong(Target::weight).sum() > Integer.MAX_VALUE) {
      section.reject("targets", "must have weights of at most " + Integer.MAX_VALUE + " together");
      return;
    }
    try {
      var pattern = new NamePattern(name);
      new ModelName(name); // what nobody may ask for is no name
      if (starsFit(pattern, targets, entries)) {
        rules.put(name, new RouteRule(pattern, strategy, targets, hedgeAfter));
        sections.put(name, entries);
      }
    } catch (IllegalArgumentException illegal) {
      section.reject(
          "targets", "belong to a route whose name will not do: " + illegal.getMessage());
    }
  }

  private static Target target(Section entry) {
    return new Target(
        entry.find(PROVIDER), entry.find(MODEL), entry.get(WEIGHT), Overrides.read(entry));
  }

  private static boolean starsFit(NamePattern name, List<Target> targets, List<Section> entries) {
    boolean fit = true;
    var seen = new HashSet<String>();
    for (int i = 0; i < targets.size(); i++) {
      Target target = targets.get(i);
      String model = target.model().orElse(name.text());
      boolean stars =
          target.model().filter(text -> text.indexOf(NamePattern.STAR) >= 0).isPresent();
      if (stars && !name.isPattern()) {
        entries.get(i).reject(MODEL.key(), model + " must have no *, as the route's name has none");
        fit = false;
      } else if (!isName(model)) {
        entries.get(i).reject(MODEL.key(), "must be the name of a model");
        fit = false;
      } else if (!seen.add(target.provider().orElse("") + " " + model)) {
        entries.get(i).reject(MODEL.key(), "is the same target again, which is never asked");
        fit = false;
      }
    }
    return fit;
  }

  private static boolean isName(String model) {
    try {
      return !new ModelName(model).value().isEmpty();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  /** Another route that the target leads to, where that is known beforehand. */
  private Optional<RouteRule> inner(RouteRule rule, Target target) {
    return target
        .model()
        .filter(_ -> target.provider().isEmpty())
        .map(rules::get)
        .filter(found -> found != rule && !found.name().isPattern());
  }

  private boolean hasLoops() {
    boolean found = false;
    for (String name : List.copyOf(rules.keySet())) {
      RouteRule rule = rules.get(name);
      for (int i = 0; i < rule.targets().size(); i++) {
        var way = new LinkedHashSet<>(Set.of(name));
        Optional<RouteRule> next = inner(rule, rule.targets().get(i));
        if (next.isPresent() && leadsTo(name, next.get(), way)) {
          String circle = String.join(" to ", way) + " to " + name;
          sections.get(name).get(i).reject(MODEL.key(), "leads back to its own route: " + circle);
          found = true;
        }
      }
    }
    return found;
  }

  private boolean leadsTo(String start, RouteRule at, Set<String> way) {
    if (at.name().text().equals(start)) {
      return true;
    }
    if (!way.add(at.name().text())) {
      return false; // another circle, which is told at its own routes
    }
    for (Target target : at.targets()) {
      Optional<RouteRule> next = inner(at, target);
      if (next.isPresent() && leadsTo(start, next.get(), way)) {
        return true;
      }
    }
    way.remove(at.name().text());
    return false;
  }

  private void rejectDead() {
    rules
        .values()
        .forEach(rule -> {
          for (int i = 0; i < rule.targets().size(); i++) {
            Target target = rule.targets().get(i);
            Section section = sections.get(rule.name().text()).get(i);
            Optional<String> noProvider = target.provider().flatMap(providers::whyNot);
            if (noProvider.isPresent()) {
              section.reject(PROVIDER.key(), noProvider.get());
            } else if (inner(rule, target).isEmpty() && isFixed(rule, target)) {
              providers
                  .whyNot(target.provider(), target.modelFor(rule.name().text(), ""))
                  .ifPresent(why -> section.reject(MODEL.key(), why));
            }
          }
        });
  }

  private static boolean isFixed(RouteRule rule, Target target) {
    return target.isFixed() || target.model().isEmpty() && !rule.name().isPattern();
  }
}

package llm.core.limit;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.catalogue.NamePattern;
import llm.domain.limit.Measure;

/**
 * One rule of the configuration: which requests it is about, who of them share its limits, and the
 * limits. Immutable.
 *
 * @param name letters, digits, {@code _ . -}
 * @param keys names of the keys whose requests it is about; empty: of all
 * @param model names of the models it is about, as callers ask for them; empty: all
 * @param endpoint paths it is about; empty: all
 * @param each what has limits of its own by each value; empty: all that it is about share them
 * @param limits at least one
 */
public record LimitRule(
    String name,
    Set<String> keys,
    Optional<NamePattern> model,
    Optional<NamePattern> endpoint,
    Set<Each> each,
    Map<Measure, Long> limits) {

  /** What a rule can tell apart. */
  public enum Each {
    KEY,
    USER,
    MODEL,
    ENDPOINT
  }

  /** Copies the collections. */
  public LimitRule {
    keys = Set.copyOf(keys);
    each = Set.copyOf(each);
    limits = Map.copyOf(new EnumMap<>(limits));
  }

  /** Whether it is about a request. */
  boolean isAbout(String key, String askedModel, String path) {
    return (keys.isEmpty() || keys.contains(key))
        && (model.isEmpty() || model.get().match(askedModel).isPresent())
        && (endpoint.isEmpty() || endpoint.get().match(path).isPresent());
  }

  /** Whether it limits what is known at a request's end only. */
  boolean needsEstimate() {
    return limits.keySet().stream().anyMatch(Measure::isSettled);
  }
}

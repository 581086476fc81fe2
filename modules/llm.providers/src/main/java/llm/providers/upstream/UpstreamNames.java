package llm.providers.upstream;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import llm.core.config.Section;

/** Reads the upstreams of one kind: the one in its own section, and those the user named. */
public final class UpstreamNames {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

  /** Kinds of providers; an upstream of another kind must not be called so. */
  private static final Set<String> TAKEN =
      Set.of("mock", "local", "openai_compatible", "openai", "anthropic", "custom");

  private UpstreamNames() {}

  /**
   * The upstreams by their names.
   *
   * @param kind of provider, and the name of the upstream in its own section
   * @param own reads the one in the section itself, empty when there is none
   * @param named reads one of the user's naming; empty when it cannot be, which it reports
   */
  public static <T> Map<String, T> read(
      String kind,
      Section section,
      BiFunction<String, Section, Optional<T>> own,
      BiFunction<String, Section, Optional<T>> named) {
    var upstreams = new LinkedHashMap<String, T>();
    own.apply(kind, section).ifPresent(read -> upstreams.put(kind, read));
    section
        .named("upstreams", "One upstream; its models are asked for as <name>/<model>.")
        .forEach((name, its) -> {
          if (!section.isReference() && TAKEN.contains(name)) {
            its.reject(
                "base_url",
                "belongs to an upstream called '"
                    + name
                    + "', which is the provider of section providers."
                    + name
                    + "; give it another name, in routes too, or move it to that section");
            named.apply(name, its); // so that its keys are known, and are not told as unknown
            return;
          }
          if (!section.isReference() && !NAME.matcher(name).matches()) {
            its.reject(
                "base_url",
                "belongs to an upstream whose name '" + name + "' must match " + NAME.pattern());
            named.apply(name, its);
            return;
          }
          named.apply(name, its).ifPresent(read -> upstreams.put(name, read));
        });
    return upstreams;
  }
}

package llm.core.gateway;

import java.util.Set;
import llm.core.cache.CacheSettings;
import llm.core.config.Section;
import llm.core.limit.LimitRules;
import llm.core.limit.LimitSettings;
import llm.core.resilience.ResilienceSettings;

/**
 * What the configuration says of how requests are treated, beside who serves them.
 *
 * @param gateway the ground rules
 * @param resilience what happens when a target fails
 * @param cache which answers are kept
 * @param limits how much may be asked
 */
record Policies(
    GatewaySettings gateway,
    ResilienceSettings resilience,
    CacheSettings cache,
    LimitRules limits) {
  /** The ground rules alone. */
  static Policies of(GatewaySettings settings) {
    return new Policies(settings, ResilienceSettings.NONE, CacheSettings.DEFAULTS, LimitRules.NONE);
  }

  /**
   * The same with what the sections of {@code root} say of the rest.
   *
   * @param providers ids of those that are there
   */
  Policies reading(Section root, Set<String> providers) {
    return new Policies(
        gateway,
        ResilienceSettings.read(root, providers),
        CacheSettings.read(root),
        LimitSettings.read(root.section(LimitSettings.SECTION, LimitSettings.SECTION_DOC)));
  }
}

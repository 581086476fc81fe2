package llm.providers.mock;

import java.time.Duration;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.provider.ProviderContext;

/**
 * How the mock behaves; section {@code providers.mock}.
 *
 * @param enabled whether it is there
 * @param delay between two words; zero: as fast as they are pulled
 * @param firstTokenDelay before the first word
 * @param systemPrefix text before the system message of every request
 */
record MockSettings(
    boolean enabled, Duration delay, Duration firstTokenDelay, Optional<String> systemPrefix) {
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private static final Setting<Boolean> ENABLED =
      Setting.flag("enabled", true, "Whether the models mock and mock-demo are there.");
  private static final Setting<Duration> DELAY =
      Setting.duration(
          "delay_ms",
          Duration.ofMillis(20),
          Duration.ZERO,
          LONGEST,
          "Time between two words; 0 sends them as fast as they are read.");
  private static final Setting<Duration> FIRST_TOKEN_DELAY =
      Setting.duration(
          "first_token_delay_ms",
          Duration.ofMillis(20),
          Duration.ZERO,
          LONGEST,
          "Time before the first word.");

  /** Reads the section. */
  static MockSettings read(Section section) {
    return new MockSettings(
        section.get(ENABLED),
        section.get(DELAY),
        section.get(FIRST_TOKEN_DELAY),
        section.find(ProviderContext.SYSTEM_PREFIX));
  }
}

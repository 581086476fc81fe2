package llm.core.resilience;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * How failures of providers are survived; section {@code resilience}.
 *
 * @param general what holds where a provider has nothing of its own
 * @param own by provider id
 */
public record ResilienceSettings(ProviderResilience general, Map<String, ProviderResilience> own) {
  private static final int MOST_ATTEMPTS = 20;
  private static final int MOST_CALLS = 1_000_000;
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofHours(1);

  private static final Setting<Integer> ATTEMPTS =
      Setting.integer(
          "attempts", 3, 1, MOST_ATTEMPTS, "How often one request asks one target; 1: once.");
  private static final Setting<Duration> BASE =
      Setting.duration(
          "backoff_base_seconds",
          Duration.ofSeconds(2),
          Duration.ZERO,
          LONGEST,
          "The longest first pause before all targets are asked again; a random part of it is"
              + " waited, and each further one may be twice as long.");
  private static final Setting<Duration> CAP =
      Setting.duration(
          "backoff_cap_seconds",
          Duration.ofSeconds(10),
          Duration.ZERO,
          LONGEST,
          "No pause is longer but for a Retry-After.");
  private static final Setting<Duration> LONGEST_WAIT =
      Setting.duration(
          "retry_after_max_seconds",
          Duration.ofSeconds(30),
          Duration.ZERO,
          LONGEST,
          "A target whose Retry-After is longer is not asked again by the same request.");
  private static final Setting<Boolean> ON_500 =
      Setting.flag("retry_500", false, "Whether a provider that answers 500 is asked again.");
  private static final Setting<Boolean> ON_502 =
      Setting.flag("retry_502", false, "Whether a provider that answers 502 is asked again.");
  private static final Setting<Double> SHARE =
      Setting.number(
          "retry_budget_share",
          0.2,
          0,
          1,
          "Retries and hedges that a provider may get for each first attempt at it.");
  private static final Setting<Integer> RESERVE =
      Setting.integer(
          "retry_budget_reserve",
          10,
          0,
          100_000,
          "Retries a minute that each provider may get beside that.");
  private static final Setting<Integer> FAILURES =
      Setting.integer(
          "breaker_failures",
          5,
          1,
          1_000_000,
          "Failures in a row after which a provider, or a model of it, is left alone.");
  private static final Setting<Duration> OPEN =
      Setting.duration(
          "breaker_open_seconds",
          Duration.ofSeconds(60),
          SHORTEST,
          LONGEST,
          "For how long it is left alone.");
  private static final Setting<Integer> TRIALS =
      Setting.integer(
          "breaker_trials", 3, 1, 1_000, "How many requests at once may try then how it is.");
  private static final Setting<Integer> MOST =
      Setting.integer(
          "max_concurrent", 0, 0, MOST_CALLS, "Requests that may be at it at once; 0: any number.");
  private static final Setting<Integer> QUEUED =
      Setting.integer("max_queued", 100, 0, MOST_CALLS, "Requests that may wait for that.");
  private static final Setting<Duration> WAIT =
      Setting.duration(
          "queue_wait_seconds",
          Duration.ofSeconds(10),
          Duration.ZERO,
          LONGEST,
          "How long one may wait; then the next target is asked.");

  private static final ProviderResilience UNGUARDED =
      new ProviderResilience(
          new RetrySettings(1, Duration.ZERO, Duration.ZERO, Duration.ZERO, false, false, 0, 0),
          new BreakerSettings(Integer.MAX_VALUE, SHORTEST, 1),
          new ConcurrencySettings(0, 0, Duration.ZERO));

  /** Every target is asked once, whatever happened to it. */
  public static final ResilienceSettings NONE = new ResilienceSettings(UNGUARDED, Map.of());

  /** Copies the map. */
  public ResilienceSettings {
    own = Map.copyOf(own);
  }

  /**
   * Reads the section of {@code root}.
   *
   * @param providers ids that there are; others are refused
   */
  public static ResilienceSettings read(Section root, Set<String> providers) {
    Section section = root.section("resilience", "How failures of providers are survived.");
    var retry =
        new RetrySettings(
            section.get(ATTEMPTS),
            section.get(BASE),
            section.get(CAP),
            section.get(LONGEST_WAIT),
            section.get(ON_500),
            section.get(ON_502),
            section.get(SHARE),
            section.get(RESERVE));
    var breaker =
        new BreakerSettings(section.get(FAILURES), section.get(OPEN), section.get(TRIALS));
    var general = new ProviderResilience(retry, breaker, UNGUARDED.concurrency());
    var own = new HashMap<String, ProviderResilience>();
    section
        .named("providers", "What holds for one provider, by its id, in place of the above.")
        .forEach((id, of) -> {
          own.put(id, provider(of, general));
          if (!of.isReference() && !providers.contains(id)) {
            of.reject(
                MOST.key(),
                "is set for '"
                    + id
                    + "', which is no provider; there are "
                    + String.join(", ", providers.stream().sorted().toList()));
          }
        });
    return new ResilienceSettings(general, own);
  }

  private static ProviderResilience provider(Section of, ProviderResilience general) {
    BreakerSettings breaker = general.breaker();
    return new ProviderResilience(
        general.retry().withAttempts(own(of, ATTEMPTS, general.retry().attempts())),
        new BreakerSettings(
            own(of, FAILURES, breaker.failures()), own(of, OPEN, breaker.open()), breaker.trials()),
        new ConcurrencySettings(of.get(MOST), of.get(QUEUED), of.get(WAIT)));
  }

  /** What the provider says itself, else what holds for all. */
  private static <T> T own(Section of, Setting<T> setting, T general) {
    var optional =
        new Setting<>(
            setting.key(),
            setting.type(),
            setting.parse(),
            Optional.empty(),
            "",
            setting.environment(),
            setting.doc());
    return of.find(optional).orElse(general);
  }

  /** What holds for the provider {@code id}. */
  public ProviderResilience of(String id) {
    return own.getOrDefault(id, general);
  }
}

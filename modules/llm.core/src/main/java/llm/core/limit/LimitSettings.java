package llm.core.limit;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llm.core.catalogue.NamePattern;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.limit.LimitRule.Each;
import llm.core.limit.LimitRules.WhenLost;
import llm.domain.limit.Measure;

/** Reads section {@code limits}; what is wrong with it is reported there. */
public final class LimitSettings {
  /** The section's name. */
  public static final String SECTION = "limits";

  /** What the section is about. */
  public static final String SECTION_DOC = "How much may be asked for.";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
  private static final int MOST_RULES = 100;
  private static final long MOST = 1_000_000_000_000L;

  /** Where it is counted. */
  public enum Store {
    /** In Redis where that is the store, else in memory. */
    AUTO,
    MEMORY,
    REDIS
  }

  private static final Setting<Store> STORE =
      Setting.choice(
          "store",
          Store.AUTO,
          "Where it is counted: memory (by each process for itself) or redis (by all that share it"
              + " together); auto is redis where that is the store, else memory.");
  private static final Setting<WhenLost> WHEN_LOST =
      Setting.choice(
          "when_store_is_lost",
          WhenLost.ALLOW,
          "While Redis cannot be asked: allow (each process counts for itself meanwhile) or refuse"
              + " (503, with retry-after).");
  private static final Setting<Integer> EXPECTED_OUTPUT =
      Setting.integer(
          "expected_output_tokens",
          LimitRules.NONE.expectedOutputTokens(),
          0,
          1_000_000,
          "Tokens reserved for the answer of a request that does not limit it.");
  private static final Setting<Integer> BUCKETS =
      Setting.integer(
          "buckets_per_rule",
          10_000,
          1,
          1_000_000,
          "Names that a rule counts apart at once; further ones share one bucket.");
  private static final Setting<String> KEY =
      Setting.optionalText("keys", "Names of API keys it is about; without it all.");
  private static final Setting<String> MODEL =
      Setting.optionalText(
          "model", "Model it is about, as callers ask for it; one * is any text; without it all.");
  private static final Setting<String> ENDPOINT =
      Setting.optionalText(
          "endpoint",
          "Path it is about, as /v1/chat/completions; one * is any text; without it all.");
  private static final Setting<Each> EACH =
      new Setting<>(
          "each",
          "key | user | model | endpoint",
          LimitSettings::each,
          Optional.empty(),
          "",
          List.of(),
          "What has limits of its own for each value; without it all requests share them.");
  private static final Map<Measure, Setting<Long>> LIMITS = limits();

  private LimitSettings() {}

  private static Each each(String text) {
    return Stream.of(Each.values())
        .filter(one -> one.name().equals(text.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("one of key, user, model and endpoint"));
  }

  /** Where it is counted, which only a start can change. */
  public record Place(Store store, int bucketsPerRule) {
    /** Reads it. */
    public static Place read(Section limits) {
      return new Place(limits.get(STORE), limits.get(BUCKETS));
    }
  }

  /** The rules. */
  public static LimitRules read(Section limits) {
    Place.read(limits);
    var rules = new ArrayList<LimitRule>();
    Map<String, Section> named =
        limits.named("rules", "Limits; all rules that are about a request must let it in.");
    named.forEach((name, rule) -> read(name, rule).ifPresent(rules::add));
    if (named.size() > MOST_RULES) {
      limits.reject("rules", "must be at most " + MOST_RULES);
    }
    return new LimitRules(rules, limits.get(WHEN_LOST), limits.get(EXPECTED_OUTPUT));
  }

  private static Optional<LimitRule> read(String name, Section section) {
    Set<String> keys = new HashSet<>(section.list(KEY));
    Set<Each> each = EnumSet.noneOf(Each.class);
    each.addAll(section.list(EACH));
    var model = pattern(MODEL, section);
    var endpoint = pattern(ENDPOINT, section);
    var limits = new EnumMap<Measure, Long>(Measure.class);
    LIMITS.forEach(
        (measure, setting) -> section.find(setting).ifPresent(most -> limits.put(measure, most)));
    if (section.isReference()) {
      return Optional.empty();
    }
    if (!NAME.matcher(name).matches()) {
      section.reject("each", "belongs to a rule whose name must be 1 to 64 of A-Z a-z 0-9 _ . -");
      return Optional.empty();
    }
    if (limits.isEmpty()) {
      section.reject(
          Measure.REQUESTS_PER_MINUTE.key(),
          "must be there, or another limit: this rule limits nothing");
      return Optional.empty();
    }
    return Optional.of(new LimitRule(name, keys, model, endpoint, each, limits));
  }

  private static Optional<NamePattern> pattern(Setting<String> setting, Section section) {
    Optional<String> text = section.find(setting);
    try {
      return text.map(NamePattern::new);
    } catch (IllegalArgumentException wrong) {
      section.reject(setting.key(), "will not do: " + wrong.getMessage());
      return Optional.empty();
    }
  }

  private static Map<Measure, Setting<Long>> limits() {
    var limits = new EnumMap<Measure, Setting<Long>>(Measure.class);
    for (Measure measure : Measure.values()) {
      limits.put(
          measure,
          switch (measure) {
            case REQUESTS_PER_MINUTE -> whole(measure, "Requests in any 60 seconds.");
            case TOKENS_PER_MINUTE ->
                whole(measure, "Tokens, prompt and answer, in any 60 seconds.");
            case REQUESTS_PER_DAY -> whole(measure, "Requests in a day of UTC.");
            case TOKENS_PER_DAY -> whole(measure, "Tokens, prompt and answer, in a day of UTC.");
            case COST_PER_DAY -> dollars(measure);
            case MAX_CONCURRENT -> whole(measure, "Requests under way at once.");
          });
    }
    return limits;
  }

  private static Setting<Long> whole(Measure measure, String doc) {
    Function<String, Long> parse =
        text -> {
          long value = Long.parseLong(text.replace("_", ""));
          if (value < 0 || value > MOST) {
            throw new IllegalArgumentException();
          }
          return value;
        };
    return limit(measure, "integer, 0 to " + MOST, parse, doc);
  }

  private static Setting<Long> dollars(Measure measure) {
    long most = 1_000_000; // what Lua's numbers hold in billionths, with room to spare
    Function<String, Long> parse =
        text -> {
          var dollars = new BigDecimal(text.replace("_", ""));
          if (dollars.signum() < 0 || dollars.compareTo(BigDecimal.valueOf(most)) > 0) {
            throw new IllegalArgumentException();
          }
          return dollars.movePointRight(9).setScale(0, RoundingMode.DOWN).longValueExact();
        };
    return limit(
        measure,
        "US dollars, 0 to " + most,
        parse,
        "US dollars in a day of UTC, by the prices of models.yml.");
  }

  private static Setting<Long> limit(
      Measure measure, String type, Function<String, Long> parse, String doc) {
    return new Setting<>(measure.key(), type, parse, Optional.empty(), "", List.of(), doc);
  }
}

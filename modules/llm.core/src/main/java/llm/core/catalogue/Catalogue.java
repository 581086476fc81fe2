package llm.core.catalogue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.tokens.TokenCounters;
import llm.domain.model.ModelSpec;

/**
 * What is known of models by their ids, read from {@code models.yml}: an entry's key is an id or,
 * with {@code *} at its end, the beginning of ids. An id is looked up, in lower case, as an exact
 * entry, then by the longest beginning that fits; then both again without a vendor prefix ({@code
 * openai/gpt-4o} as {@code gpt-4o}); else the default stands. Immutable.
 */
public final class Catalogue {
  private static final int MOST_TOKENS = 100_000_000;
  private static final int DEAREST = 1_000_000;

  private static final ModelSpec UNKNOWN = ModelSpec.UNKNOWN_MODEL;

  private static final Setting<Integer> CONTEXT_TOKENS =
      Setting.integer(
          "context_tokens",
          UNKNOWN.contextTokens(),
          1,
          MOST_TOKENS,
          "Tokens that prompt and answer may take together.");
  private static final Setting<Integer> MAX_OUTPUT_TOKENS =
      Setting.optionalInteger(
          "max_output_tokens",
          1,
          MOST_TOKENS,
          "Tokens an answer may take; without it "
              + UNKNOWN.maxOutputTokens()
              + ", or the whole context where that is smaller.");
  private static final Setting<Boolean> TOOLS =
      Setting.flag("tools", UNKNOWN.tools(), "Whether the model calls tools.");
  private static final Setting<Boolean> VISION =
      Setting.flag("vision", UNKNOWN.vision(), "Whether the model reads images.");
  private static final Setting<Boolean> JSON =
      Setting.flag("json", UNKNOWN.json(), "Whether the model has a JSON mode.");
  private static final Setting<Double> INPUT_PRICE =
      price("input_usd_per_million", "US dollars for a million prompt tokens.");
  private static final Setting<Double> OUTPUT_PRICE =
      price("output_usd_per_million", "US dollars for a million answer tokens.");
  private static final Setting<Double> CACHED_PRICE =
      price(
          "cached_usd_per_million",
          "US dollars for a million prompt tokens that came from the provider's cache; without it"
              + " those of other prompt tokens.");
  private static final Setting<Double> CACHE_WRITE_PRICE =
      price(
          "cache_write_usd_per_million",
          "US dollars for a million prompt tokens that were put into that cache; without it those"
              + " of other prompt tokens.");
  private static final Setting<String> ENCODING =
      Setting.optionalText(
          "encoding", "Tokenizer, as o200k_base; without it 4 characters count as one token.");

  /** Knows no model at all. */
  public static final Catalogue EMPTY = new Catalogue(UNKNOWN, Map.of());

  private final ModelSpec fallback;
  private final Map<String, ModelSpec> exact = new LinkedHashMap<>();
  private final List<Map.Entry<String, ModelSpec>> beginnings; // longest first

  private Catalogue(ModelSpec fallback, Map<String, ModelSpec> entries) {
    this.fallback = fallback;
    var patterns = new LinkedHashMap<String, ModelSpec>();
    entries.forEach((key, spec) -> {
      String id = key.toLowerCase(Locale.ROOT);
      if (id.endsWith("*")) {
        patterns.put(id.substring(0, id.length() - 1), spec);
      } else {
        exact.put(id, spec);
      }
    });
    this.beginnings =
        patterns.entrySet().stream()
            .sorted((left, right) -> right.getKey().length() - left.getKey().length())
            .toList();
  }

  /**
   * Reads the catalogue; what is wrong in it is reported to the section.
   *
   * @param file the root of {@code models.yml}
   */
  public static Catalogue read(Section file) {
    ModelSpec fallback = spec(file.section("default", "What stands for models not listed."));
    var entries = new LinkedHashMap<String, ModelSpec>();
    file.named("models", "Models by id, or by its beginning followed by *.")
        .forEach((id, section) -> entries.put(id, spec(section)));
    return new Catalogue(fallback, entries);
  }

  /** What is known of the model {@code id}, or the default. */
  public ModelSpec spec(String id) {
    String key = id.toLowerCase(Locale.ROOT);
    return find(key).or(() -> find(key.substring(key.lastIndexOf('/') + 1))).orElse(fallback);
  }

  /** How many entries there are. */
  public int size() {
    return exact.size() + beginnings.size();
  }

  private Optional<ModelSpec> find(String key) {
    ModelSpec entry = exact.get(key);
    if (entry != null) {
      return Optional.of(entry);
    }
    for (Map.Entry<String, ModelSpec> beginning : beginnings) {
      if (key.startsWith(beginning.getKey())) {
        return Optional.of(beginning.getValue());
      }
    }
    return Optional.empty();
  }

  private static ModelSpec spec(Section section) {
    int context = section.get(CONTEXT_TOKENS);
    int output =
        section.find(MAX_OUTPUT_TOKENS).orElse(Math.min(UNKNOWN.maxOutputTokens(), context));
    if (output > context) {
      section.reject(
          MAX_OUTPUT_TOKENS.key(),
          output + " must be at most " + CONTEXT_TOKENS.key() + ", which is " + context);
      output = context;
    }
    return new ModelSpec(
        context,
        output,
        section.get(TOOLS),
        section.get(VISION),
        section.get(JSON),
        price(section),
        encoding(section));
  }

  private static Optional<ModelSpec.Price> price(Section section) {
    Optional<Double> input = section.find(INPUT_PRICE);
    Optional<Double> output = section.find(OUTPUT_PRICE);
    if (input.isPresent() != output.isPresent()) {
      String present = input.isPresent() ? INPUT_PRICE.key() : OUTPUT_PRICE.key();
      section.reject(present, "must have the other price beside it");
      return Optional.empty();
    }
    Optional<Double> cached = section.find(CACHED_PRICE);
    Optional<Double> written = section.find(CACHE_WRITE_PRICE);
    if (input.isEmpty() && (cached.isPresent() || written.isPresent())) {
      String present = cached.isPresent() ? CACHED_PRICE.key() : CACHE_WRITE_PRICE.key();
      section.reject(present, "must have both other prices beside it");
    }
    return input.map(price ->
        new ModelSpec.Price(price, output.get(), cached.orElse(price), written.orElse(price)));
  }

  private static Setting<Double> price(String key, String doc) {
    Function<String, Double> parse =
        text -> {
          double dollars = Double.parseDouble(text);
          if (!(dollars >= 0 && dollars <= DEAREST)) {
            throw new IllegalArgumentException();
          }
          return dollars;
        };
    String type = "number, 0 to " + DEAREST;
    return new Setting<>(key, type, parse, Optional.empty(), "", List.of(), doc);
  }

  private static Optional<String> encoding(Section section) {
    Optional<String> name = section.find(ENCODING);
    if (name.isPresent() && !TokenCounters.isKnown(name.get())) {
      section.reject(ENCODING.key(), "must be one of " + TokenCounters.encodings());
      return Optional.empty();
    }
    return name;
  }
}

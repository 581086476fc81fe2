package llm.core.catalogue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.call.Answerer;
import llm.domain.prompt.PromptTemplate;

/**
 * Prompts in other words for some models (P-4). It is for the models that all of its conditions
 * hold for.
 *
 * @param provider who serves them; empty: anybody
 * @param models names of models or routes, of which one must fit; none: any
 * @param systemPrompt empty: not other than for the rest; likewise the others
 */
public record PromptVariant(
    Optional<String> provider,
    List<NamePattern> models,
    Optional<PromptTemplate> systemPrompt,
    Optional<PromptTemplate> responseFormatInstruction,
    Optional<PromptTemplate> summarizationPrompt) {
  /** The key of {@link #provider}. */
  static final String PROVIDER = "provider";

  private static final Setting<String> PROVIDERS =
      Setting.optionalText(
          PROVIDER, "The provider, or upstream, whose models it is for; without it any.");
  private static final Setting<String> MODELS =
      Setting.optionalText(
          "models",
          "Names of models or routes that it is for, in which one * is any text; without them all"
              + " of the provider's.");

  /** Copies the list. */
  public PromptVariant {
    models = List.copyOf(models);
  }

  /** Reads one; what is wrong with it is reported to the section. */
  static PromptVariant read(Section entry) {
    var variant =
        new PromptVariant(
            entry.find(PROVIDERS),
            models(entry),
            Prompts.SYSTEM.variant(entry),
            Prompts.RESPONSE_FORMAT.variant(entry),
            Prompts.SUMMARIZATION.variant(entry));
    if (entry.isReference()) {
      return variant;
    }
    if (variant.provider.isEmpty() && variant.models.isEmpty()) {
      entry.reject(MODELS.key(), "must name whom it is for, or provider must");
    }
    if (variant.systemPrompt.isEmpty()
        && variant.responseFormatInstruction.isEmpty()
        && variant.summarizationPrompt.isEmpty()) {
      entry.reject(Prompts.SYSTEM.key(), "or another prompt must be there");
    }
    return variant;
  }

  private static List<NamePattern> models(Section entry) {
    var models = new ArrayList<NamePattern>();
    for (String name : entry.list(MODELS)) {
      try {
        models.add(new NamePattern(name));
      } catch (IllegalArgumentException illegal) {
        entry.reject(MODELS.key(), illegal.getMessage());
      }
    }
    return models;
  }

  /**
   * Whether it is for {@code model}.
   *
   * @param first who would be asked for it first; empty: nobody is there
   */
  boolean fits(String model, Optional<Answerer> first) {
    if (provider.isPresent() && !provider.equals(first.map(Answerer::provider))) {
      return false;
    }
    return models.isEmpty()
        || models.stream()
            .anyMatch(name -> fits(name, model) || first.filter(at -> fits(name, at)).isPresent());
  }

  private static boolean fits(NamePattern name, String model) {
    return name.match(model).isPresent();
  }

  /** Under the model's name with and without its provider's before it. */
  private static boolean fits(NamePattern name, Answerer at) {
    String prefix = at.provider() + "/";
    return fits(name, at.model())
        || at.model().startsWith(prefix) && fits(name, at.model().substring(prefix.length()));
  }
}

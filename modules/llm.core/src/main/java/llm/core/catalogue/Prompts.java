package llm.core.catalogue;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.call.Answerer;
import llm.domain.prompt.PromptTemplate;

/**
 * The prompts of the conversation, read from {@code prompts.yml} (C-8). A place that nothing would
 * fill, or one that is missing, is reported when the file is read and not in the middle of a talk.
 *
 * @param systemPrompt who the assistant is; no places
 * @param responseFormatInstruction how an answer is to be written; no places
 * @param summarizationPrompt asks for a summary; {@code {history}} is the talk so far
 * @param variants other words for some models; see {@link #of}
 */
public record Prompts(
    PromptTemplate systemPrompt,
    PromptTemplate responseFormatInstruction,
    PromptTemplate summarizationPrompt,
    List<PromptVariant> variants) {

  /** The place of {@link #summarizationPrompt} that takes the talk. */
  public static final String HISTORY = "history";

  private static final String VARIANTS = "variants";

  static final Kind SYSTEM =
      new Kind(
          Setting.text(
              "system_prompt",
              "You are a helpful assistant. Answer briefly and to the point.",
              "Who the assistant is; stands first in every prompt."),
          Set.of());
  static final Kind RESPONSE_FORMAT =
      new Kind(
          Setting.text(
              "response_format_instruction",
              """
              Answer with one JSON object and nothing else, its fields in this order:
              {{"is_safe": true or false, "aggression_score": 0.0 to 1.0, \
              "internal_thought": "your reasoning, not shown to the user", \
              "answer": "your answer to the user"}}\
              """,
              "How answers are to be written; stands last in every prompt."),
          Set.of());
  static final Kind SUMMARIZATION =
      new Kind(
          Setting.text(
              "summarization_prompt",
              """
              Summarise the conversation below so that it can go on from your summary alone. Keep names, \
              numbers, decisions, open questions and what the user asked for. Write prose, no preamble.

              {history}\
              """,
              "Asks for a summary of the conversation, which stands at {history}."),
          Set.of(HISTORY));

  /** What is built in. */
  public static final Prompts DEFAULTS =
      new Prompts(SYSTEM.builtIn(), RESPONSE_FORMAT.builtIn(), SUMMARIZATION.builtIn(), List.of());

  /** Copies the list. */
  public Prompts {
    variants = List.copyOf(variants);
  }

  /**
   * Reads the prompts; what is wrong with one is reported to the section.
   *
   * @param file the root of {@code prompts.yml}
   */
  public static Prompts read(Section file) {
    return new Prompts(
        SYSTEM.read(file),
        RESPONSE_FORMAT.read(file),
        SUMMARIZATION.read(file),
        variants(file).stream().map(PromptVariant::read).toList());
  }

  /**
   * Reports variants for providers that nobody knows.
   *
   * @param file the root of {@code prompts.yml}, which these were read from
   * @param known ids of providers, of those too that are not there for want of a key
   */
  public void requireProviders(Section file, Set<String> known) {
    if (variants.isEmpty()) {
      return;
    }
    List<Section> entries = variants(file);
    for (int i = 0; i < variants.size(); i++) {
      Section entry = entries.get(i);
      variants
          .get(i)
          .provider()
          .filter(id -> !known.contains(id))
          .ifPresent(id ->
              entry.reject(
                  PromptVariant.PROVIDER,
                  "'" + id + "' is no provider; there are " + String.join(", ", known)));
    }
  }

  private static List<Section> variants(Section file) {
    return file.entries(
        VARIANTS,
        "Other words for some models: each prompt is taken from the first entry that is for the"
            + " model and has it, else from above.");
  }

  /**
   * The prompts for {@code model}: each from the first variant that is for it and has one, else as
   * it stands here.
   *
   * @param model a model or route, as it was asked for
   * @param first who would be asked for it first; empty: nobody is there
   */
  public Prompts of(String model, Optional<Answerer> first) {
    List<PromptVariant> fitting = variants.stream().filter(one -> one.fits(model, first)).toList();
    return fitting.isEmpty()
        ? this
        : new Prompts(
            chosen(fitting, PromptVariant::systemPrompt, systemPrompt),
            chosen(fitting, PromptVariant::responseFormatInstruction, responseFormatInstruction),
            chosen(fitting, PromptVariant::summarizationPrompt, summarizationPrompt),
            List.of());
  }

  private static PromptTemplate chosen(
      List<PromptVariant> fitting,
      Function<PromptVariant, Optional<PromptTemplate>> prompt,
      PromptTemplate usual) {
    return fitting.stream().flatMap(one -> prompt.apply(one).stream()).findFirst().orElse(usual);
  }

  /** The prompts by their keys, for those who list them. */
  public Map<String, PromptTemplate> byKey() {
    return Map.of(
        SYSTEM.key(), systemPrompt,
        RESPONSE_FORMAT.key(), responseFormatInstruction,
        SUMMARIZATION.key(), summarizationPrompt);
  }

  /**
   * One of the prompts.
   *
   * @param setting of the file
   * @param places that it must name, each of them and no other
   */
  record Kind(Setting<String> setting, Set<String> places) {
    String key() {
      return setting.key();
    }

    PromptTemplate builtIn() {
      return PromptTemplate.of(setting.fallback().orElseThrow());
    }

    PromptTemplate read(Section file) {
      return template(file, file.get(setting)).orElseGet(this::builtIn);
    }

    /** The one of a variant, which may have none. */
    Optional<PromptTemplate> variant(Section entry) {
      return entry
          .find(Setting.optionalText(key(), "In place of " + key() + "."))
          .flatMap(text -> template(entry, text));
    }

    private Optional<PromptTemplate> template(Section section, String text) {
      PromptTemplate template;
      try {
        template = PromptTemplate.of(text);
      } catch (IllegalArgumentException illegal) {
        section.reject(key(), "must be a template: " + illegal.getMessage());
        return Optional.empty();
      }
      var unknown = new LinkedHashSet<>(template.variables());
      unknown.removeAll(places);
      if (!unknown.isEmpty()) {
        section.reject(
            key(),
            "must name no other place than "
                + (places.isEmpty() ? "none" : braced(places))
                + ", found "
                + braced(unknown)
                + "; a brace that is meant as such is written twice");
      } else if (!template.variables().containsAll(places)) {
        section.reject(key(), "must name the place " + braced(places));
      }
      return Optional.of(template);
    }

    private static String braced(Set<String> places) {
      return "{" + String.join("}, {", places) + "}";
    }
  }
}

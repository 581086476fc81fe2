package llm.core.catalogue;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.prompt.PromptTemplate;

/**
 * The prompts of the conversation, read from {@code prompts.yml} (C-8). A place that nothing would
 * fill, or one that is missing, is reported when the file is read and not in the middle of a talk.
 *
 * @param systemPrompt who the assistant is; no places
 * @param responseFormatInstruction how an answer is to be written; no places
 * @param summarizationPrompt asks for a summary; {@code {history}} is the talk so far
 */
public record Prompts(
    PromptTemplate systemPrompt,
    PromptTemplate responseFormatInstruction,
    PromptTemplate summarizationPrompt) {

  /** The place of {@link #summarizationPrompt} that takes the talk. */
  public static final String HISTORY = "history";

  private static final Setting<String> SYSTEM =
      Setting.text(
          "system_prompt",
          "You are a helpful assistant. Answer briefly and to the point.",
          "Who the assistant is; stands first in every prompt.");
  private static final Setting<String> RESPONSE_FORMAT =
      Setting.text(
          "response_format_instruction",
          """
          Answer with one JSON object and nothing else, its fields in this order:
          {{"is_safe": true or false, "aggression_score": 0.0 to 1.0, \
          "internal_thought": "your reasoning, not shown to the user", \
          "answer": "your answer to the user"}}\
          """,
          "How answers are to be written; stands last in every prompt.");
  private static final Setting<String> SUMMARIZATION =
      Setting.text(
          "summarization_prompt",
          """
          Summarise the conversation below so that it can go on from your summary alone. Keep names, \
          numbers, decisions, open questions and what the user asked for. Write prose, no preamble.

          {history}\
          """,
          "Asks for a summary of the conversation, which stands at {history}.");

  /** What is built in. */
  public static final Prompts DEFAULTS =
      new Prompts(builtIn(SYSTEM), builtIn(RESPONSE_FORMAT), builtIn(SUMMARIZATION));

  /**
   * Reads the prompts; what is wrong with one is reported to the section.
   *
   * @param file the root of {@code prompts.yml}
   */
  public static Prompts read(Section file) {
    return new Prompts(
        template(file, SYSTEM, Set.of()),
        template(file, RESPONSE_FORMAT, Set.of()),
        template(file, SUMMARIZATION, Set.of(HISTORY)));
  }

  /** The prompts by their keys, for those who list them. */
  public Map<String, PromptTemplate> byKey() {
    return Map.of(
        SYSTEM.key(), systemPrompt,
        RESPONSE_FORMAT.key(), responseFormatInstruction,
        SUMMARIZATION.key(), summarizationPrompt);
  }

  private static PromptTemplate template(
      Section file, Setting<String> setting, Set<String> places) {
    PromptTemplate template;
    try {
      template = PromptTemplate.of(file.get(setting));
    } catch (IllegalArgumentException illegal) {
      file.reject(setting.key(), "must be a template: " + illegal.getMessage());
      return builtIn(setting);
    }
    var unknown = new LinkedHashSet<>(template.variables());
    unknown.removeAll(places);
    if (!unknown.isEmpty()) {
      file.reject(
          setting.key(),
          "must name no other place than "
              + (places.isEmpty() ? "none" : braced(places))
              + ", found "
              + braced(unknown)
              + "; a brace that is meant as such is written twice");
    } else if (!template.variables().containsAll(places)) {
      file.reject(setting.key(), "must name the place " + braced(places));
    }
    return template;
  }

  private static String braced(Set<String> places) {
    return "{" + String.join("}, {", places) + "}";
  }

  private static PromptTemplate builtIn(Setting<String> setting) {
    return PromptTemplate.of(setting.fallback().orElseThrow());
  }
}

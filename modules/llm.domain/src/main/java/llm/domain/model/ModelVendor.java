package llm.domain.model;

import java.util.regex.Pattern;

/**
 * Who made a model, guessed by its name. Each part of an id between {@code / . :} may tell, so that
 * ids of resellers ({@code openrouter/meta-llama/llama-3.3-70b-instruct}, {@code
 * us.anthropic.claude-3-5-sonnet-v2:0}, {@code ft:gpt-4o-mini:acme}) are known too. The first
 * vendor here whose names fit is taken.
 */
public enum ModelVendor {
  /** A model in this process: {@code local}, {@code local-…}, {@code local/…}, {@code ….gguf}. */
  LOCAL("^local(?:[-/:].*)?$|\\.gguf$"),
  /** OpenAI: {@code gpt-…}, {@code chatgpt-…}, {@code o1}, {@code o3-mini}, {@code openai/…}. */
  OPENAI(
      start(
          "(?:openai/|chatgpt-|gpt-(?!neo|j-)|o\\d(?:[-:]|$)|codex-|text-embedding-|davinci-00|babbage-00)")),
  /** Anthropic: {@code claude-…}, {@code anthropic/…}. */
  ANTHROPIC(start("(?:anthropic[/.]|claude(?:-|$))")),
  /** Meta: {@code llama…}, {@code codellama…}, {@code meta-llama/…}. */
  META(start("(?:meta-llama/|meta[/.]|meta-llama-|llama|codellama)")),
  /** Mistral: {@code mistral…}, {@code mixtral…}, {@code codestral…} and their sisters. */
  MISTRAL(
      start(
          "(?:mistralai/|mistral|mixtral|codestral|ministral|pixtral|magistral|devstral"
              + "|open-mistral|open-mixtral)")),
  /** Cohere: {@code command}, {@code command-r…}, {@code cohere/…}. */
  COHERE(start("(?:cohere[/.]|cohereforai/|command(?:-|$)|c4ai-)")),
  /** Google: {@code gemini…}, {@code gemma…}, {@code google/…}. */
  GOOGLE(start("(?:google/|gemini|gemma|text-bison|chat-bison)")),
  /** The name tells nothing. */
  UNKNOWN("");

  private final Pattern names;

  ModelVendor(String names) {
    this.names = Pattern.compile(names, Pattern.CASE_INSENSITIVE);
  }

  /** The vendor of the model with this id; {@link #UNKNOWN} when its name tells nothing. */
  static ModelVendor of(String id) {
    ModelVendor[] vendors = values();
    int vendor = 0;
    while (!vendors[vendor].names.matcher(id).find()) { // UNKNOWN fits every name
      vendor++;
    }
    return vendors[vendor];
  }

  private static String start(String names) {
    return "(?:^|[/.:])" + names;
  }
}

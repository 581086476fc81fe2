package llm.core.dialect.trip;

import java.util.List;
import java.util.regex.Pattern;
import llm.domain.content.Dialect;
import tools.jackson.databind.JsonNode;

/**
 * What says nothing to a model, so that nobody is told that it does not reach one. The docs on
 * dialects have the same list.
 */
final class SaysNothing {
  /** Fields with their values, in every dialect. */
  private static final List<Pattern> EVERYWHERE =
      patterns(
          "model=.*", // resolved here
          ".*=(\\[]|\\{})", // nothing within
          ".*tool_choice=(\"auto\"|\\{\"type\":\"auto\"})",
          ".*\\.(strict|is_error)=false",
          "parallel_tool_calls=true",
          "tool_choice\\.disable_parallel_tool_use=false",
          "tool_choice=\\{\"type\":\"auto\",\"disable_parallel_tool_use\":false}");

  private static final List<Pattern> CHAT =
      patterns(
          "logprobs=false",
          "top_logprobs=0",
          "response_format=\\{\"type\":\"text\"}",
          "messages\\[]\\.content\\[]\\.image_url\\.detail=\"auto\"",
          "messages\\[]\\.tool_calls\\[]\\.type=.*", // functions are all there is
          "tool_choice\\.type=.*");

  private static final List<Pattern> RESPONSES =
      patterns(
          "include(\\[])?=.*\"message\\.output_text\\.logprobs\".*", // as top_logprobs say
          "include(\\[])?=.*\"reasoning\\.encrypted_content\".*", // told anyway
          "metadata.*", // noted here with the response
          "reasoning\\.(generate_)?summary=.*", // done here
          "reasoning=\\{(\"(generate_)?summary\":\"[a-z]+\",?)*}",
          "text(\\.format)?=(\\{\"format\":)?\\{\"type\":\"text\"}+",
          "service_tier=\"auto\"",
          "truncation=\"disabled\"",
          "input\\[]\\.(id|status)=.*",
          "input\\[]\\.(content|output)\\[]\\.detail=\"auto\"",
          "input\\[]\\.(summary|content)\\[]\\.type=\"(summary|reasoning)_text\"",
          "input\\[]\\.content\\[]\\.logprobs.*", // told with an answer
          "input\\[]\\.type=\"message\"", // as an item is without a type
          "input(\\[])?=\\[?\\{.*\"content\":\\[].*");

  private static final List<Pattern> ANTHROPIC =
      patterns(
          "messages\\[]\\.content\\[]\\.caller=\\{\"type\":\"direct\"}",
          "messages\\[]=\\{\"content\":\\[],\"role\":\"assistant\"}",
          "tools\\[]\\.type=\"custom\"",
          "thinking=\\{\"type\":\"adaptive\"}");

  /** To Anthropic and here a schema has no name, and holds always. */
  private static final List<Pattern> NAMELESS =
      patterns(
          "(response_format\\.json_schema|text\\.format)\\.name=.*",
          "(response_format\\.json_schema|text\\.format)\\.strict=true");

  /** Tools that no model here is shown, as it may not call them. */
  private static final List<Pattern> BARRED = patterns("tools.*");

  /** How tools are to be called, where there are none. */
  private static final List<Pattern> OF_TOOLS =
      patterns(
          "parallel_tool_calls=.*",
          "tool_choice\\.disable_parallel_tool_use=true",
          "tool_choice=\\{\"type\":\"auto\",\"disable_parallel_tool_use\":true}",
          "tool_choice=(\"none\"|\\{\"type\":\"none\"})");

  private SaysNothing() {}

  /** Whether what {@code cut} takes from {@code body} says nothing. */
  static boolean of(Dialect from, Dialect to, Cut cut, JsonNode body) {
    String said = cut + "=" + cut.in(body);
    return matches(EVERYWHERE, said)
        || matches(
            switch (from) {
              case OPENAI_CHAT, LLM -> CHAT;
              case OPENAI_RESPONSES -> RESPONSES;
              case ANTHROPIC -> ANTHROPIC;
            },
            said)
        || to != Dialect.OPENAI_CHAT && to != Dialect.OPENAI_RESPONSES && matches(NAMELESS, said)
        || to == Dialect.LLM && isBarred(body) && matches(BARRED, said)
        || (isBarred(body) || body.path("tools").isEmpty()) && matches(OF_TOOLS, said);
  }

  private static boolean isBarred(JsonNode body) {
    return body.path("tool_choice").toString().contains("\"none\"");
  }

  private static boolean matches(List<Pattern> some, String said) {
    return some.stream().anyMatch(one -> one.matcher(said).matches());
  }

  private static List<Pattern> patterns(String... some) {
    return List.of(some).stream().map(Pattern::compile).toList();
  }
}

package llm.core.template.grammar;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import llm.core.template.answer.AnswerFormat;

/**
 * What stands around the names and arguments of calls, as one family of models writes it and {@link
 * llm.core.template.answer.AnswerParser} reads it.
 *
 * @param begin before the first call
 * @param call one of them: {@code $NAME} is the tool's, {@code $ARGS} its arguments, {@code $INDEX}
 *     a number of up to two digits
 * @param between two calls; empty where an answer has one at most
 * @param end behind the last one
 * @param style how arguments are written
 * @param field one argument, where the style names them: {@code $KEY} and {@code $VALUE}
 * @param fieldEnd what a value of text must not hold, as it ends there
 */
record CallFrame(
    String begin,
    String call,
    Optional<String> between,
    String end,
    Style style,
    String field,
    String fieldEnd) {

  /** How arguments are written. */
  enum Style {
    /** As one JSON object. */
    JSON,
    /** The same, between marks that its strings must not hold. */
    JSON_WITHOUT_TAGS,
    /** One by one between tags: text as it is, all else as JSON. */
    TAGS,
    /** One by one as Python passes them. */
    PYTHON
  }

  /**
   * The frame of a format.
   *
   * @param template the model's chat template, which tells older and newer models of a family apart
   * @return empty for formats without calls
   */
  static Optional<CallFrame> of(AnswerFormat format, String template) {
    return Optional.ofNullable(
        switch (format) {
          case HERMES -> json("<tool_call>\n", "arguments", "\n</tool_call>", "\n");
          case LLAMA3 -> json("", "parameters", "", "; ");
          case MISTRAL ->
              template.contains("[ARGS]")
                  ? calls("[TOOL_CALLS]$NAME[ARGS]$ARGS", "")
                  : json("", "arguments", "", ", ").within("[TOOL_CALLS][", "]");
          case DEEPSEEK ->
              (template.contains("```json")
                      ? calls(
                          "<｜tool▁call▁begin｜>function<｜tool▁sep｜>$NAME\n```json\n$ARGS\n```"
                              + "<｜tool▁call▁end｜>",
                          "\n")
                      : calls("<｜tool▁call▁begin｜>$NAME<｜tool▁sep｜>$ARGS<｜tool▁call▁end｜>", ""))
                  .within("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>");
          case FUNCTIONARY -> calls("<function=$NAME>$ARGS</function>", "");
          case COMMAND ->
              calls(
                      "{\"tool_call_id\": \"$INDEX\", \"tool_name\": \"$NAME\","
                          + " \"parameters\": $ARGS}",
                      ",\n    ")
                  .within("<|START_ACTION|>[\n    ", "\n]<|END_ACTION|>");
          case KIMI ->
              calls(
                      "<|tool_call_begin|>functions.$NAME:$INDEX<|tool_call_argument_begin|>$ARGS"
                          + "<|tool_call_end|>",
                      "")
                  .within("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>");
          case GRANITE3 -> json("", "arguments", "", ", ").within("<|tool_call|>[", "]");
          case PHI4 -> json("", "arguments", "", ", ").within("<|tool_call|>[", "]<|/tool_call|>");
          case NEMOTRON -> json("", "arguments", "", ", ").within("<TOOLCALL>[", "]</TOOLCALL>");
          case HUNYUAN -> json("", "arguments", "", ", ").within("<tool_calls>[", "]</tool_calls>");
          case QWEN3_CODER ->
              tags(
                  "<tool_call>\n<function=$NAME>\n$ARGS</function>\n</tool_call>",
                  "<parameter=$KEY>\n$VALUE\n</parameter>\n",
                  "</parameter>");
          case SEED ->
              tags(
                  "<seed:tool_call>\n<function=$NAME>\n$ARGS</function>\n</seed:tool_call>",
                  "<parameter=$KEY>$VALUE</parameter>\n",
                  "</parameter>");
          case GLM ->
              tags(
                  "<tool_call>$NAME\n$ARGS</tool_call>",
                  "<arg_key>$KEY</arg_key>\n<arg_value>$VALUE</arg_value>\n",
                  "</arg_value>");
          case MINIMAX ->
              tags(
                      "<invoke name=\"$NAME\">\n$ARGS</invoke>\n",
                      "<parameter name=\"$KEY\">$VALUE</parameter>\n",
                      "</parameter>")
                  .within("<minimax:tool_call>\n", "</minimax:tool_call>");
          case LFM2 -> python().within("<|tool_call_start|>[", "]<|tool_call_end|>");
          case PYTHONIC -> python().within("[", "]");
          case HARMONY ->
              new CallFrame(
                  "", // behind what is thought, where something is
                  "<|channel|>commentary to=functions.$NAME <|constrain|>json<|message|>$ARGS",
                  Optional.empty(),
                  "",
                  Style.JSON_WITHOUT_TAGS,
                  "",
                  "");
          case NONE -> null;
        });
  }

  private static CallFrame calls(String call, String between) {
    return new CallFrame("", call, Optional.of(between), "", Style.JSON, "", "");
  }

  private static CallFrame json(String before, String arguments, String behind, String between) {
    return calls(before + "{\"name\": \"$NAME\", \"" + arguments + "\": $ARGS}" + behind, between);
  }

  private static CallFrame tags(String call, String field, String fieldEnd) {
    String between = call.endsWith("\n") ? "" : "\n";
    return new CallFrame("", call, Optional.of(between), "", Style.TAGS, field, fieldEnd);
  }

  private static CallFrame python() {
    return new CallFrame(
        "", "$NAME($ARGS)", Optional.of(", "), "", Style.PYTHON, "$KEY=$VALUE", "");
  }

  private CallFrame within(String before, String behind) {
    return new CallFrame(before, call, between, behind, style, field, fieldEnd);
  }

  /** What answers that call this tool first begin with, up to what is not the same in all. */
  String head(String name) {
    String all = begin + call.replace("$NAME", name);
    int[] places = {all.indexOf("$ARGS"), all.indexOf("$INDEX")};
    int end = Arrays.stream(places).filter(at -> at >= 0).min().orElse(all.length());
    return all.substring(0, end);
  }

  /** Those of the format's control tokens that stand in it. */
  Set<String> marks(AnswerFormat format) {
    String all = begin + call + end + field;
    return format.marks().stream()
        .filter(mark -> !mark.isEmpty() && all.contains(mark))
        .collect(Collectors.toUnmodifiableSet());
  }
}

package llm.core.template.answer;

import java.util.List;
import java.util.Optional;

/**
 * How a family of models writes calls of tools. What models were trained on is in their chat
 * templates, by whose marks {@link #of} tells them apart.
 */
public enum AnswerFormat {
  /** {@code <tool_call>{"name": …, "arguments": …}</tool_call>}: Hermes, Qwen, Granite 4. */
  HERMES(Syntax.of("<tool_call>", Syntax.Body.JSON, "</tool_call>")),
  /** {@code {"name": …, "parameters": …}}, alone or behind {@code <|python_tag|>}: Llama 3. */
  LLAMA3(Syntax.of("<|python_tag|>", Syntax.Body.JSON, ";").orBare()),
  /** {@code [TOOL_CALLS][{…}]} or {@code [TOOL_CALLS]name[ARGS]{…}}: Mistral. */
  MISTRAL(Syntax.of("[TOOL_CALLS]", Syntax.Body.MISTRAL).thinking("[THINK]", "[/THINK]")),
  /** {@code <｜tool▁call▁begin｜>name<｜tool▁sep｜>{…}}: DeepSeek R1, V3 and V3.1. */
  DEEPSEEK(
      Syntax.of("<｜tool▁call▁begin｜>", Syntax.Body.DEEPSEEK, "```", "<｜tool▁call▁end｜>")
          .silent("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>")),
  /** {@code <function=name>{…}</function>}: Functionary 3.1. */
  FUNCTIONARY(Syntax.of("<function=", Syntax.Body.TAGGED, "</function>").orBare()),
  /** {@code <|START_ACTION|>[{"tool_name": …, "parameters": …}]}: Command R7B and A. */
  COMMAND(
      Syntax.of("<|START_ACTION|>", Syntax.Body.JSON, "<|END_ACTION|>")
          .silent("<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>")
          .thinking("<|START_THINKING|>", "<|END_THINKING|>")),
  /** {@code <|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}}: Kimi K2. */
  KIMI(
      Syntax.of("<|tool_call_begin|>", Syntax.Body.KIMI, "<|tool_call_end|>")
          .silent("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")),
  /** {@code <|tool_call|>[{…}]}: Granite 3, Phi 4 mini. */
  GRANITE3(Syntax.of("<|tool_call|>", Syntax.Body.JSON, "<|/tool_call|>")),
  /** Channels, with a recipient for a call: gpt-oss. */
  HARMONY(Syntax.HARMONY),
  /** No calls. */
  NONE(Syntax.NONE);

  private final Syntax syntax;

  AnswerFormat(Syntax syntax) {
    this.syntax = syntax;
  }

  /** The format of the models whose chat template this is; empty when it has no known marks. */
  public static Optional<AnswerFormat> of(String template) {
    boolean objects = template.contains("arguments") && !template.contains("<invoke");
    if (template.contains("<tool_call>")
        && objects
        && !template.contains("<function=")
        && !template.contains("<arg_key>")) {
      return Optional.of(HERMES);
    }
    if (template.contains("<|channel|>") && template.contains("<|start|>")) {
      return Optional.of(HARMONY);
    }
    for (AnswerFormat format : List.of(DEEPSEEK, KIMI, COMMAND, GRANITE3, MISTRAL)) {
      if (template.contains(format.syntax.openers().getFirst())) {
        return Optional.of(format);
      }
    }
    if (template.contains("<function=") && !template.contains("<parameter=")) {
      return Optional.of(FUNCTIONARY);
    }
    boolean llama = template.contains("<|start_header_id|>") && template.contains("\"parameters\"");
    return llama ? Optional.of(LLAMA3) : Optional.empty();
  }

  /** Whether it can say a call. */
  public boolean calls() {
    return this != NONE;
  }

  /**
   * Control tokens that have to be seen as text: those of calls, and of reasoning. All others stay
   * unseen.
   */
  public boolean isMark(String token) {
    return syntax.marks().contains(token);
  }

  Syntax syntax() {
    return syntax;
  }
}

package llm.core.template.answer;

import java.util.List;
import java.util.Optional;
import java.util.Set;

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
  /** {@code <|tool_call|>[{…}]}: Granite 3. */
  GRANITE3(Syntax.of("<|tool_call|>", Syntax.Body.JSON, "<|/tool_call|>")),
  /** The same, or {@code functools[{…}]}: Phi 4 mini. */
  PHI4(Syntax.of("<|tool_call|>", Syntax.Body.JSON, "<|/tool_call|>").or("functools")),
  /** {@code <TOOLCALL>[{"name": …, "arguments": …}]</TOOLCALL>}: Nemotron. */
  NEMOTRON(Syntax.of("<TOOLCALL>", Syntax.Body.JSON, "</TOOLCALL>")),
  /** {@code <tool_calls>[{"name": …, "arguments": …}]</tool_calls>}: Hunyuan, MiniMax M1. */
  HUNYUAN(Syntax.of("<tool_calls>", Syntax.Body.JSON, "</tool_calls>")),
  /**
   * {@code <tool_call><function=name><parameter=key>value</parameter></function></tool_call>}: Qwen
   * 3 Coder, Nemotron 3.
   */
  QWEN3_CODER(
      Syntax.of("<tool_call>", Syntax.Body.FUNCTION, "</tool_call>", "</function>")
          .or("<function=")),
  /** The same within {@code <seed:tool_call>}: Seed OSS. */
  SEED(
      Syntax.of("<seed:tool_call>", Syntax.Body.SEED, "</seed:tool_call>")
          .next("<function=")
          .thinking("<seed:think>", "</seed:think>")),
  /** {@code <tool_call>name<arg_key>key</arg_key><arg_value>value</arg_value>}: GLM 4.5 to 4.7. */
  GLM(Syntax.of("<tool_call>", Syntax.Body.GLM, "</tool_call>")),
  /**
   * {@code <minimax:tool_call><invoke name="name"><parameter name="key">value</parameter>}: MiniMax
   * M2.
   */
  MINIMAX(
      Syntax.of("<minimax:tool_call>", Syntax.Body.INVOKE, "</minimax:tool_call>")
          .next("<invoke name=")),
  /** {@code <|tool_call_start|>[name(key="value")]<|tool_call_end|>}: LFM 2. */
  LFM2(Syntax.of("<|tool_call_start|>", Syntax.Body.PYTHON, "<|tool_call_end|>")),
  /** {@code [name(key="value")]}, alone: Llama 3.2 and 4, Gemma 3, as they are told to. */
  PYTHONIC(Syntax.of("<|python_start|>", Syntax.Body.PYTHON, "<|python_end|>").orBare()),
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
    if (template.contains("<|channel|>") && template.contains("<|start|>")) {
      return Optional.of(HARMONY);
    }
    for (AnswerFormat format : List.of(MINIMAX, SEED, NEMOTRON, LFM2)) {
      if (template.contains(format.syntax.openers().getFirst())) {
        return Optional.of(format);
      }
    }
    if (template.contains("<|tool_list_start|>") || template.contains("List of tools: [")) {
      return Optional.of(LFM2);
    }
    Optional<AnswerFormat> tagged = tagged(template);
    if (tagged.isPresent()) {
      return tagged;
    }
    if (template.contains("<|/tool|>") || template.contains("functools[")) {
      return Optional.of(PHI4);
    }
    for (AnswerFormat format : List.of(DEEPSEEK, KIMI, COMMAND, GRANITE3, MISTRAL)) {
      if (template.contains(format.syntax.openers().getFirst())) {
        return Optional.of(format);
      }
    }
    if (template.contains("[func_name1(")) {
      return Optional.of(PYTHONIC);
    }
    if (template.contains("<tool_calls>") && template.contains("arguments")) {
      return template.contains("<invoke") ? Optional.empty() : Optional.of(HUNYUAN);
    }
    boolean llama =
        (template.contains("<|start_header_id|>") || template.contains("<|header_start|>"))
            && template.contains("\"parameters\"");
    return llama ? Optional.of(LLAMA3) : Optional.empty();
  }

  /** Of those whose marks look alike. */
  private static Optional<AnswerFormat> tagged(String template) {
    boolean call = template.contains("<tool_call>");
    if (call && template.contains("<arg_key>")) {
      return Optional.of(GLM);
    }
    if (template.contains("<function=")) {
      return Optional.of(template.contains("<parameter=") ? QWEN3_CODER : FUNCTIONARY);
    }
    boolean json = call && template.contains("arguments") && !template.contains("<invoke");
    return json ? Optional.of(HERMES) : Optional.empty();
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

  /** The mark that reasoning begins with. */
  public String thinkBegin() {
    return syntax.thinkBegin();
  }

  /** The mark that reasoning ends with. */
  public String thinkEnd() {
    return syntax.thinkEnd();
  }

  /** Those control tokens. */
  public Set<String> marks() {
    return syntax.marks();
  }

  Syntax syntax() {
    return syntax;
  }
}

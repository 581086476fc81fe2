package llm.providers.upstream;

import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.template.SpokenTools;
import llm.core.template.answer.AnswerFormat;

/**
 * The setting {@code tool_format}: how models behind an upstream that knows only text call tools.
 */
public enum ToolWords {
  /** Tools are the upstream's own, or there are none. */
  NONE,
  HERMES,
  LLAMA3,
  FUNCTIONARY,
  QWEN3_CODER,
  GLM,
  MINIMAX,
  NEMOTRON,
  HUNYUAN,
  PYTHONIC;

  private static final Setting<ToolWords> TOOL_FORMAT =
      Setting.choice(
          "tool_format",
          NONE,
          "For models that are known to write calls of tools as text, which the server does not"
              + " read: how they write them. Tools are then told in the system's message, and calls"
              + " read from the answer's words, reasoning too.");

  /** Reads the setting. */
  public static ToolWords read(Section section) {
    return section.get(TOOL_FORMAT);
  }

  /** What says tools as words; empty for none. */
  public Optional<SpokenTools> tools() {
    return this == NONE ? Optional.empty() : SpokenTools.of(AnswerFormat.valueOf(name()));
  }
}

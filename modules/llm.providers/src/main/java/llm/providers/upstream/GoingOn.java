package llm.providers.upstream;

import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.port.Continuation;

/**
 * How an upstream goes on with an answer that broke off elsewhere; setting {@code continuation}.
 */
public enum GoingOn {
  /** As its kind of server, and the model, are known to. */
  AUTO,
  /** Not at all. */
  NONE,
  /** From a last message of the assistant. */
  PREFILL,
  /** The same, marked by {@code continue_final_message} of the request, as vLLM has it. */
  CONTINUE_FINAL_MESSAGE,
  /** The same, marked by {@code prefix} of the message, as DeepSeek and Mistral have it. */
  PREFIX,
  /** By an instruction in words. */
  INSTRUCTION;

  private static final Setting<GoingOn> SETTING =
      Setting.choice(
          "continuation",
          AUTO,
          "How it goes on with an answer that broke off at another upstream: from a last message of"
              + " the assistant (prefill; continue_final_message and prefix mark it as vLLM,"
              + " DeepSeek and Mistral want it), told so in words (instruction), or not at all;"
              + " auto: as that kind of server is known to.");

  /** Reads the setting. */
  static GoingOn read(Section section) {
    return section.get(SETTING);
  }

  /** Rejects what only servers of OpenAI's dialect know. */
  public static void rejectMarks(GoingOn said, Section section) {
    if (said == CONTINUE_FINAL_MESSAGE || said == PREFIX) {
      section.reject(
          SETTING.key(), "must be auto, none, prefill or instruction for this kind of upstream");
    }
  }

  /** Rejects all that a text in words cannot say. */
  public static void rejectPrefill(GoingOn said, Section section) {
    if (said == CONTINUE_FINAL_MESSAGE || said == PREFIX || said == PREFILL) {
      section.reject(SETTING.key(), "must be auto, none or instruction for this kind of upstream");
    }
  }

  /** What it means to who asks; {@code usual} for auto. */
  public Continuation meaning(Continuation usual) {
    return switch (this) {
      case AUTO -> usual;
      case NONE -> Continuation.NEVER;
      case PREFILL, CONTINUE_FINAL_MESSAGE -> Continuation.PREFILLED;
      case PREFIX -> Continuation.ECHOED;
      case INSTRUCTION -> Continuation.INSTRUCTED;
    };
  }
}

package llm.core.dialect.openai.upstream;

import java.util.List;
import llm.core.dialect.grammar.GrammarFields;

/**
 * What of a request differs from server to server.
 *
 * @param outputLimit the field that limits the answer's tokens
 * @param streamUsage whether {@code stream_options.include_usage} is sent with a stream; servers
 *     that do not know it may refuse it
 * @param repeatPenalty the field with the divisor for tokens that came already, for requests that
 *     do not name one themselves
 * @param base64Vectors whether vectors are asked for in base64, which is less than half as long
 * @param reasoning the name under which reasoning goes back to the model that had it
 * @param developerRole whether instructions are the developer's; else the system's
 * @param unfinished how an answer is marked that is to be gone on from
 * @param adapters whether it takes {@code lora}, LoRA adapters by their numbers
 * @param grammars in which fields answers can be held to a grammar
 */
public record RequestTraits(
    OutputLimit outputLimit,
    boolean streamUsage,
    RepeatPenalty repeatPenalty,
    boolean base64Vectors,
    ReasoningBack reasoning,
    boolean developerRole,
    Unfinished unfinished,
    boolean adapters,
    GrammarNames grammars) {
  /** What most servers take. */
  public static final RequestTraits COMMON = new Builder().build();

  /** A builder with what most servers take. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder with these traits. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** The fields by which an answer can be held to a grammar. */
  public enum GrammarNames {
    /** None: it is refused. */
    NONE(List.of()),
    /** As the caller called it, who knows the server; {@code grammar} where nobody did. */
    AS_CALLED(GrammarFields.NAMES),
    /** {@code grammar}, as llama-server has it. */
    GRAMMAR(List.of(GrammarFields.GRAMMAR)),
    /** {@code structured_outputs} and the older {@code guided_…}, as vLLM has them. */
    STRUCTURED_OUTPUTS(
        GrammarFields.NAMES.stream().filter(name -> !name.equals(GrammarFields.GRAMMAR)).toList());

    private final List<String> known;

    GrammarNames(List<String> known) {
      this.known = known;
    }

    /** Whether the server takes a field of this name as it comes. */
    boolean knows(String field) {
      return known.contains(field);
    }
  }

  /** How the last message, an assistant's, is marked where its text is to be gone on from. */
  public enum Unfinished {
    /** That it is the last one says it, as to llama-server and OpenRouter. */
    BY_PLACE,
    /**
     * By {@code continue_final_message}, as to vLLM
     * (https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html).
     */
    CONTINUE_FINAL_MESSAGE,
    /**
     * By {@code prefix} of the message, as to DeepSeek
     * (https://api-docs.deepseek.com/guides/chat_prefix_completion) and Mistral.
     */
    PREFIX
  }

  /**
   * The field of an assistant's message in which its reasoning goes back. It does within the turn
   * that it belongs to, from the last user's message on: that is what models go on from after a
   * tool's result, and servers drop or refuse what is older.
   */
  public enum ReasoningBack {
    /** None: it stays here. */
    NONE(""),
    /** As Ollama, OpenRouter and newer vLLM have it. */
    REASONING("reasoning"),
    /** As DeepSeek, llama-server and older vLLM have it. */
    REASONING_CONTENT("reasoning_content");

    private final String field;

    ReasoningBack(String field) {
      this.field = field;
    }

    String field() {
      return field;
    }
  }

  /** The name of the field with the divisor for tokens that came already. */
  public enum RepeatPenalty {
    /** As llama.cpp's servers have it, LM Studio among them. */
    REPEAT_PENALTY("repeat_penalty"),
    /** As vLLM, OpenRouter and Together have it. */
    REPETITION_PENALTY("repetition_penalty");

    private final String field;

    RepeatPenalty(String field) {
      this.field = field;
    }

    String field() {
      return field;
    }
  }

  /** The name of the field that limits the answer. */
  public enum OutputLimit {
    /** What the field's servers know. */
    MAX_TOKENS("max_tokens"),
    /** What OpenAI asks for since its reasoning models. */
    MAX_COMPLETION_TOKENS("max_completion_tokens");

    private final String field;

    OutputLimit(String field) {
      this.field = field;
    }

    String field() {
      return field;
    }
  }

  /** Traits set one by one; the last value of each counts. Not thread-safe. */
  public static final class Builder {
    private OutputLimit outputLimit = OutputLimit.MAX_TOKENS;
    private boolean streamUsage = true;
    private RepeatPenalty repeatPenalty = RepeatPenalty.REPEAT_PENALTY;
    private boolean base64Vectors = false;
    private ReasoningBack reasoning = ReasoningBack.NONE;
    private boolean developerRole = false;
    private Unfinished unfinished = Unfinished.BY_PLACE;
    private boolean adapters = false;
    private GrammarNames grammars = GrammarNames.AS_CALLED;

    private Builder() {}

    private Builder(RequestTraits from) {
      outputLimit = from.outputLimit;
      streamUsage = from.streamUsage;
      repeatPenalty = from.repeatPenalty;
      base64Vectors = from.base64Vectors;
      reasoning = from.reasoning;
      developerRole = from.developerRole;
      unfinished = from.unfinished;
      adapters = from.adapters;
      grammars = from.grammars;
    }

    /** Sets the field that limits the answer's tokens. */
    public Builder outputLimit(OutputLimit value) {
      outputLimit = value;
      return this;
    }

    /** Sets whether the usage of a stream is asked for. */
    public Builder streamUsage(boolean value) {
      streamUsage = value;
      return this;
    }

    /** Sets the field with the divisor for tokens that came already. */
    public Builder repeatPenalty(RepeatPenalty value) {
      repeatPenalty = value;
      return this;
    }

    /** Sets whether vectors are asked for in base64. */
    public Builder base64Vectors(boolean value) {
      base64Vectors = value;
      return this;
    }

    /** Sets the name under which reasoning goes back. */
    public Builder reasoning(ReasoningBack value) {
      reasoning = value;
      return this;
    }

    /** Sets whether instructions are the developer's. */
    public Builder developerRole(boolean value) {
      developerRole = value;
      return this;
    }

    /** Sets how an answer is marked that is to be gone on from. */
    public Builder unfinished(Unfinished value) {
      unfinished = value;
      return this;
    }

    /** Sets whether LoRA adapters are taken by their numbers. */
    public Builder adapters(boolean value) {
      adapters = value;
      return this;
    }

    /** Sets in which fields answers can be held to a grammar. */
    public Builder grammars(GrammarNames value) {
      grammars = value;
      return this;
    }

    /** The traits. */
    public RequestTraits build() {
      return new RequestTraits(
          outputLimit,
          streamUsage,
          repeatPenalty,
          base64Vectors,
          reasoning,
          developerRole,
          unfinished,
          adapters,
          grammars);
    }
  }
}

package llm.providers.openai;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.openai.upstream.RequestTraits;
import llm.core.dialect.openai.upstream.RequestTraits.GrammarNames;
import llm.core.dialect.openai.upstream.RequestTraits.OutputLimit;
import llm.core.dialect.openai.upstream.RequestTraits.ReasoningBack;
import llm.core.dialect.openai.upstream.RequestTraits.RepeatPenalty;
import llm.domain.model.SchemaSupport;
import llm.providers.transport.BaseUrl;
import llm.providers.upstream.GoingOn;

/**
 * What is known of a kind of server: where it usually is, what of a request it wants otherwise.
 * Answers need no recipe; the dialect's reader takes those of all of them.
 */
enum ServerRecipe {
  /** Any server that speaks the dialect. */
  GENERIC("", OutputLimit.MAX_TOKENS, RepeatPenalty.REPEAT_PENALTY),
  /** OpenAI: its reasoning models refuse {@code max_tokens}. */
  OPENAI(
      "https://api.openai.com/v1",
      OutputLimit.MAX_COMPLETION_TOKENS,
      RepeatPenalty.REPEAT_PENALTY,
      "OPENAI_API_KEY"),
  /** Ollama, which knows {@code max_tokens} alone. */
  OLLAMA("http://127.0.0.1:11434/v1", OutputLimit.MAX_TOKENS, RepeatPenalty.REPEAT_PENALTY),
  /** vLLM's OpenAI-compatible server. */
  VLLM("http://127.0.0.1:8000/v1", OutputLimit.MAX_TOKENS, RepeatPenalty.REPETITION_PENALTY),
  /** LM Studio's local server. */
  LM_STUDIO("http://127.0.0.1:1234/v1", OutputLimit.MAX_TOKENS, RepeatPenalty.REPEAT_PENALTY),
  /** The server of llama.cpp. */
  LLAMA_SERVER("http://127.0.0.1:8080/v1", OutputLimit.MAX_TOKENS, RepeatPenalty.REPEAT_PENALTY),
  /** OpenRouter. */
  OPENROUTER(
      "https://openrouter.ai/api/v1",
      OutputLimit.MAX_TOKENS,
      RepeatPenalty.REPETITION_PENALTY,
      "OPENROUTER_API_KEY"),
  /** Together AI. */
  TOGETHER(
      "https://api.together.xyz/v1",
      OutputLimit.MAX_TOKENS,
      RepeatPenalty.REPETITION_PENALTY,
      "TOGETHER_API_KEY"),
  /** DeepSeek, whose models want their reasoning back with a tool's result. */
  DEEPSEEK(
      "https://api.deepseek.com/v1",
      OutputLimit.MAX_TOKENS,
      RepeatPenalty.REPEAT_PENALTY,
      "DEEPSEEK_API_KEY");

  /** Those known to take {@code encoding_format: base64}; others may refuse it. */
  private static final Set<ServerRecipe> BASE64_VECTORS = EnumSet.of(OPENAI, VLLM, LLAMA_SERVER);

  /** Those that take reasoning of the turn back, by the name they have for it. */
  private static final Map<ServerRecipe, ReasoningBack> REASONING =
      Map.of(
          OLLAMA, ReasoningBack.REASONING,
          OPENROUTER, ReasoningBack.REASONING,
          VLLM, ReasoningBack.REASONING,
          LLAMA_SERVER, ReasoningBack.REASONING_CONTENT,
          DEEPSEEK, ReasoningBack.REASONING_CONTENT);

  /** Those that are documented to go on from a last message of the assistant as it is. */
  private static final Set<ServerRecipe> PREFILLED = EnumSet.of(LLAMA_SERVER, OPENROUTER);

  private static final String MISTRAL = "api.mistral.ai";

  private final String baseUrl;
  private final OutputLimit outputLimit;
  private final RepeatPenalty repeatPenalty;
  private final List<String> keyVariables;

  ServerRecipe(
      String baseUrl,
      OutputLimit outputLimit,
      RepeatPenalty repeatPenalty,
      String... keyVariables) {
    this.baseUrl = baseUrl;
    this.outputLimit = outputLimit;
    this.repeatPenalty = repeatPenalty;
    this.keyVariables = List.of(keyVariables);
  }

  /** Where it is when nothing else is said. */
  Optional<String> baseUrl() {
    return Optional.of(baseUrl).filter(url -> !url.isEmpty());
  }

  /** Variables of the environment that its key is in by custom. */
  List<String> keyVariables() {
    return keyVariables;
  }

  /** How it goes on with an answer that broke off elsewhere; where it stands tells some. */
  GoingOn goingOn(BaseUrl place) {
    if (PREFILLED.contains(this)) {
      return GoingOn.PREFILL;
    }
    return switch (this) {
      case VLLM -> GoingOn.CONTINUE_FINAL_MESSAGE;
      case DEEPSEEK -> place.prefix().endsWith("/beta") ? GoingOn.PREFIX : GoingOn.AUTO;
      case GENERIC -> place.host().equals(MISTRAL) ? GoingOn.PREFIX : GoingOn.AUTO;
      case OPENAI, OLLAMA, LM_STUDIO, LLAMA_SERVER, OPENROUTER, TOGETHER -> GoingOn.AUTO;
    };
  }

  /** What it does so that answers fit a schema; DeepSeek has no more than a JSON mode. */
  SchemaSupport schemaSupport() {
    return this == DEEPSEEK ? SchemaSupport.JSON_MODE : SchemaSupport.NATIVE;
  }

  /** How requests are written for it. */
  RequestTraits traits(boolean streamUsage) {
    return RequestTraits.builder()
        .outputLimit(outputLimit)
        .streamUsage(streamUsage)
        .repeatPenalty(repeatPenalty)
        .base64Vectors(BASE64_VECTORS.contains(this))
        .reasoning(REASONING.getOrDefault(this, ReasoningBack.NONE))
        .adapters(this == LLAMA_SERVER)
        .grammars(grammars())
        .build();
  }

  private GrammarNames grammars() {
    return switch (this) {
      case GENERIC -> GrammarNames.AS_CALLED;
      case VLLM -> GrammarNames.STRUCTURED_OUTPUTS;
      case LLAMA_SERVER -> GrammarNames.GRAMMAR;
      case OPENAI, OLLAMA, LM_STUDIO, OPENROUTER, TOGETHER, DEEPSEEK -> GrammarNames.NONE;
    };
  }
}

package llm.core.dialect.anthropic.upstream;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import llm.core.dialect.grammar.GrammarFields;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelSpec;

/**
 * Writes the body of {@code POST /v1/messages} (https://docs.anthropic.com/en/api/messages). What
 * the request leaves to the provider is not written; its extensions go along byte for byte. A
 * compound field that the caller wrote in this dialect ({@code thinking}, {@code output_config},
 * {@code tool_choice}) is written as it came, and ours is not.
 */
public final class MessagesRequestWriter {
  /**
   * Claude before 4.5, whatever date or platform's words their ids have
   * (https://platform.claude.com/docs/en/build-with-claude/structured-outputs).
   */
  private static final Pattern WITHOUT_SCHEMAS =
      Pattern.compile(
          "claude-(?:[23]|instant|(?:opus|sonnet|haiku)-4(?!-(?:[5-9]|[1-9][0-9])(?![0-9])))");

  private static final int FRAME_BYTES = 256;

  /** The API knows no default; this is for requests that came past the gateway's limits. */
  private static final int MAX_TOKENS = ModelSpec.UNKNOWN_MODEL.maxOutputTokens();

  private static final double HOTTEST = 1;

  /** Fields that are this writer's alone: an extension must not say them a second time. */
  private static final Set<String> OWN =
      Set.of(
          "model",
          "max_tokens",
          "system",
          "messages",
          "tools",
          "temperature",
          "top_p",
          "top_k",
          "stop_sequences",
          "stream");

  /** Fields that say nothing of a prompt, and that counting does not take. */
  private static final Set<String> ANSWERS_ALONE =
      Set.of("metadata", "service_tier", "container", "inference_geo");

  private final ChatRequest request;
  private final Map<String, JsonText> more;
  private final JsonOut out;

  private MessagesRequestWriter(ChatRequest request) {
    this.request = request;
    this.more = request.extensions().in(Dialect.ANTHROPIC);
    this.out = new JsonOut(FRAME_BYTES + size(request.messages()));
  }

  /**
   * The body as UTF-8 JSON.
   *
   * @param model the model's id at the upstream
   * @param stream whether the answer is wanted as a stream
   * @throws LlmException with {@code Unsupported} for what the dialect cannot say
   */
  public static byte[] write(
      ChatRequest request, String model, boolean stream, RequestTraits traits) throws LlmException {
    return new MessagesRequestWriter(request).body(model, stream, traits);
  }

  /**
   * The body of {@code POST /v1/messages/count_tokens}: what of the request is read as its prompt.
   *
   * @param model the model's id at the upstream
   * @throws LlmException as {@link #write}
   */
  public static byte[] writeToCount(ChatRequest request, String model, RequestTraits traits)
      throws LlmException {
    return new MessagesRequestWriter(request).counted(model, traits);
  }

  private byte[] counted(String model, RequestTraits traits) throws LlmException {
    out.object().field("model", model);
    prompt(model);
    form(model, Integer.MAX_VALUE, traits);
    more.forEach((name, value) -> {
      if (!OWN.contains(name) && !ANSWERS_ALONE.contains(name)) {
        out.name(name).json(value);
      }
    });
    return out.endObject().toBytes();
  }

  private byte[] body(String model, boolean stream, RequestTraits traits) throws LlmException {
    int limit = request.maxTokens().orElse(MAX_TOKENS);
    out.object().field("model", model).field("max_tokens", limit);
    prompt(model);
    sampling(request.sampling());
    form(model, limit, traits);
    if (stream) {
      out.name("stream").value(true);
    }
    more.forEach((name, value) -> {
      if (!OWN.contains(name)) {
        out.name(name).json(value);
      }
    });
    return out.endObject().toBytes();
  }

  /** Whether the model of this id takes a schema for its answer. */
  public static boolean takesSchemas(String model) {
    return !WITHOUT_SCHEMAS.matcher(model).find();
  }

  private void prompt(String model) throws LlmException {
    var turns = new TurnWriter(request.messages(), ThinkingStyle.takesLateSystem(model), out);
    turns.system();
    turns.messages();
    new ToolWriter(request, out).write(!more.containsKey("tool_choice"));
  }

  private void form(String model, int limit, RequestTraits traits) throws LlmException {
    ResponseFormat format = request.form().format();
    if (format instanceof ResponseFormat.Grammar) {
      throw GrammarFields.unsupported(request);
    }
    if (format instanceof ResponseFormat.JsonObject) {
      throw unsupported(
          "response_format",
          "answers as any JSON object; send a json_schema, or ask for it in words");
    }
    var form = new ThoughtfulForm(request.form(), limit, traits, out);
    if (!more.containsKey("thinking") && !more.containsKey("output_config")) {
      form.thinking(
          model,
          Rethinking.isBarred(
              request.messages())); // an effort that was said without it is to stay without it
    }
    if (!more.containsKey("output_config")) {
      form.outputConfig(model);
    }
  }

  private void sampling(SamplingOptions sampling) throws LlmException {
    refuse(sampling);
    sampling.temperature().ifPresent(chosen -> out.name("temperature").value(chosen.value()));
    sampling.topP().ifPresent(p -> out.name("top_p").value(p));
    sampling.topK().filter(k -> k > 0).ifPresent(k -> out.field("top_k", k));
    if (!sampling.stop().isEmpty()) {
      out.name("stop_sequences").array();
      sampling.stop().forEach(out::value);
      out.endArray();
    }
  }

  /** What would be done anyway is no wish. */
  private static void refuse(SamplingOptions sampling) throws LlmException {
    if (sampling.temperature().filter(chosen -> chosen.value() > HOTTEST).isPresent()) {
      throw unsupported("temperature", "temperatures above 1; send 0 to 1");
    }
    require(sampling.seed().isEmpty(), "seed", "seeds");
    require(isNone(sampling.minP().orElse(0.0)), "min_p", "min_p");
    require(
        isNone(sampling.frequencyPenalty().orElse(0.0)),
        "frequency_penalty",
        "frequency penalties");
    require(
        isNone(sampling.presencePenalty().orElse(0.0)), "presence_penalty", "presence penalties");
    require(isNone(sampling.repeatPenalty().orElse(1.0) - 1), "repeat_penalty", "repeat penalties");
    require(
        sampling.logitBias().values().stream().allMatch(MessagesRequestWriter::isNone),
        "logit_bias",
        "biases of tokens");
    require(sampling.topLogprobs().isEmpty(), "logprobs", "log probabilities");
  }

  private static boolean isNone(double value) {
    return value == 0;
  }

  private static void require(boolean harmless, String path, String what) throws LlmException {
    if (!harmless) {
      throw unsupported(path, what + "; leave it out");
    }
  }

  /** A refusal at {@code path}: {@code what} completes "… does not do …". */
  static LlmException unsupported(String path, String what) {
    return new LlmException(
        new LlmError.Unsupported(
            path, "This model's provider, Anthropic, does not do " + what + "."));
  }

  private static int size(List<Message> messages) {
    int size = 0;
    for (Message message : messages) {
      size += 64 + message.text().length();
    }
    return size;
  }
}

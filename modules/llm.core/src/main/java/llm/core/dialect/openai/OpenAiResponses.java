package llm.core.dialect.openai;

import java.util.List;
import llm.core.catalogue.ListedModel;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ChatResult;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/** Bodies of the OpenAI dialect that are written in one piece, as UTF-8 JSON. */
public final class OpenAiResponses {
  private static final int SMALL = 512;

  private OpenAiResponses() {}

  /**
   * A {@code chat.completion}. Reasoning goes into {@code message.reasoning_content}, as other
   * servers of open models do it.
   *
   * @param asked what was asked to be told of the tokens
   * @param id the completion's id, as {@code chatcmpl-…}
   * @param createdEpochSeconds when it was made
   */
  public static byte[] completion(
      ChatResult result, SamplingOptions asked, String id, long createdEpochSeconds) {
    var out = new JsonOut(SMALL + result.text().length());
    out.object()
        .field("id", id)
        .field("object", "chat.completion")
        .field("created", createdEpochSeconds)
        .field("model", result.model())
        .name("choices")
        .array()
        .object()
        .field("index", 0)
        .name("message");
    message(result, out);
    out.name("logprobs");
    LogprobsWriter.answer(result, asked, out);
    out.field("finish_reason", result.finishReason().wireName())
        .endObject()
        .endArray()
        .name("usage");
    usage(result.usage(), out);
    return out.endObject().toBytes();
  }

  /** The list of {@code GET /v1/models}. */
  public static byte[] models(List<ListedModel> models) {
    var out = new JsonOut(SMALL);
    out.object().field("object", "list").name("data").array();
    models.forEach(model -> model(model, out));
    return out.endArray().endObject().toBytes();
  }

  /** The answer of {@code GET /v1/models/{id}}. */
  public static byte[] model(ListedModel model) {
    var out = new JsonOut(SMALL);
    model(model, out);
    return out.toBytes();
  }

  /** An error body; {@code param} may be null, the other three fields never are. */
  public static byte[] error(LlmError error) {
    return OpenAiErrors.write(error, new JsonOut(SMALL)).toBytes();
  }

  /** A usage object. */
  public static byte[] usage(Usage usage) {
    var out = new JsonOut(SMALL);
    usage(usage, out);
    return out.toBytes();
  }

  /** Writes a usage object. */
  static void usage(Usage usage, JsonOut out) {
    out.object()
        .field("prompt_tokens", usage.promptTokens())
        .field("completion_tokens", usage.completionTokens())
        .field("total_tokens", usage.totalTokens())
        .name("prompt_tokens_details")
        .object()
        .field("cached_tokens", usage.cachedTokens())
        .endObject();
    if (usage.reasoningTokens() > 0) {
      out.name("completion_tokens_details")
          .object()
          .field("reasoning_tokens", usage.reasoningTokens())
          .endObject();
    }
    out.endObject();
  }

  private static void message(ChatResult result, JsonOut out) {
    out.object().field("role", "assistant").name("content");
    if (result.text().isEmpty() && !result.toolCalls().isEmpty()) {
      out.nothing();
    } else {
      out.value(result.text());
    }
    if (!result.reasoning().isEmpty()) {
      out.field("reasoning_content", result.reasoning());
    }
    out.name("refusal").nothing();
    if (!result.toolCalls().isEmpty()) {
      ToolCallsWriter.write(result.toolCalls(), out);
    }
    out.endObject();
  }

  private static void model(ListedModel model, JsonOut out) {
    out.object()
        .field("id", model.info().id())
        .field("object", "model")
        .field("created", model.info().created().getEpochSecond())
        .field("owned_by", model.info().provider())
        .endObject();
  }
}

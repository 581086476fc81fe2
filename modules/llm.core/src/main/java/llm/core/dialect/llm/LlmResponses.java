package llm.core.dialect.llm;

import java.util.List;
import llm.core.catalogue.ListedModel;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.openai.LogprobsWriter;
import llm.domain.chat.ChatResult;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.model.ModelSpec;

/** Bodies of our own endpoints that are written in one piece, as UTF-8 JSON. */
public final class LlmResponses {
  private static final int SMALL = 512;

  private LlmResponses() {}

  /** The answer of {@code POST /llm/chat}. */
  public static byte[] chat(ChatResult result, String requestId) {
    var out = new JsonOut(SMALL + result.text().length());
    out.object().field("model", result.model()).field("content", result.text());
    if (!result.reasoning().isEmpty()) {
      out.field("reasoning", result.reasoning());
    }
    if (!result.logprobs().isEmpty()) {
      out.name("logprobs");
      LogprobsWriter.tokens(result.logprobs(), out);
    }
    out.name("tool_calls").array();
    result.toolCalls().forEach(call -> toolCall(call, out));
    out.endArray().field("finish_reason", result.finishReason().wireName()).name("usage");
    usage(result.usage(), out);
    return out.field("request_id", requestId).endObject().toBytes();
  }

  /** The answer of {@code GET /llm/models}. */
  public static byte[] models(List<ListedModel> models, String defaultModel) {
    var out = new JsonOut(SMALL);
    out.object().field("default_model", defaultModel).name("models").array();
    models.forEach(model -> model(model, out));
    return out.endArray().endObject().toBytes();
  }

  /** Writes a usage object. */
  public static void usage(Usage usage, JsonOut out) {
    out.object()
        .field("prompt_tokens", usage.promptTokens())
        .field("completion_tokens", usage.completionTokens())
        .field("total_tokens", usage.totalTokens())
        .field("cached_tokens", usage.cachedTokens())
        .endObject();
  }

  /** Writes a tool call; arguments are text, as the model wrote them. */
  static void toolCall(ToolCall call, JsonOut out) {
    out.object()
        .field("id", call.id())
        .field("name", call.name())
        .field("arguments", call.arguments().value())
        .endObject();
  }

  private static void model(ListedModel model, JsonOut out) {
    ModelSpec spec = model.spec();
    out.object()
        .field("id", model.info().id())
        .field("provider", model.info().provider())
        .field("description", model.info().description())
        .field("created", model.info().created().getEpochSecond())
        .field("context_tokens", spec.contextTokens())
        .field("max_output_tokens", spec.maxOutputTokens())
        .name("tools")
        .value(spec.tools())
        .name("vision")
        .value(spec.vision())
        .name("json")
        .value(spec.json())
        .name("price");
    spec.price().ifPresentOrElse(price -> price(price, out), out::nothing);
    model.info().parent().ifPresent(parent -> out.field("parent", parent));
    out.endObject();
  }

  private static void price(ModelSpec.Price price, JsonOut out) {
    out.object()
        .name("input_per_million")
        .value(price.inputPerMillion())
        .name("output_per_million")
        .value(price.outputPerMillion())
        .endObject();
  }
}

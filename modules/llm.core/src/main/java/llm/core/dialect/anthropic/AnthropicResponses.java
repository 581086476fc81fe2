package llm.core.dialect.anthropic;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.catalogue.ListedModel;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/** Bodies of the dialect that are written in one piece, as UTF-8 JSON. */
public final class AnthropicResponses {
  private static final int SMALL = 512;
  private static final String USAGE = "usage";
  private static final String STOP_REASON = "stop_reason";
  private static final JsonText DIRECT = new JsonText("{\"type\":\"direct\"}");
  private static final Set<String> OWN =
      Set.of("id", "type", "role", "model", "content", STOP_REASON, "stop_sequence", USAGE);

  private AnthropicResponses() {}

  /**
   * A message: thoughts, words and calls, in this order.
   *
   * @param id the message's id, as {@code msg_…}
   * @throws LlmException with {@code InvalidAnswer} when the arguments of a call are no JSON
   *     object: this dialect has no other place for them. Where a limit or a filter cut them off,
   *     the call has none: the reason of its end says so
   */
  public static byte[] message(ChatResult result, String id) throws LlmException {
    var out = new JsonOut(SMALL + result.text().length());
    out.object()
        .field("id", id)
        .field("type", "message")
        .field("role", "assistant")
        .field("model", result.model())
        .name("content")
        .array();
    var content = new ContentWriter(out, isCut(result.finishReason()));
    if (result.course().isEmpty()) {
      result.thoughts().forEach(content::thought);
      content.text(result.text());
      for (ToolCall call : result.toolCalls()) {
        content.call(call);
      }
    } else {
      content.write(result.course());
    }
    out.endArray();
    Map<String, JsonText> more = result.extensions().in(Dialect.ANTHROPIC);
    stop(
        StopReasons.of(
            result.finishReason(),
            result.stopSequence(),
            !result.toolCalls().isEmpty(),
            result.isRefusal()),
        result.stopSequence().orElse(""),
        more,
        out);
    answer(more, Set.of(), out);
    out.name("usage");
    usage(result.usage(), more, out);
    return out.endObject().toBytes();
  }

  /** Adds the fields of an answer that only this dialect knows, but for {@code elsewhere}. */
  static void answer(Map<String, JsonText> more, Set<String> elsewhere, JsonOut out) {
    more.forEach((name, value) -> {
      if (!OWN.contains(name) && !elsewhere.contains(name)) {
        out.name(name).json(value);
      }
    });
  }

  /** The answer of {@code POST /v1/messages/count_tokens}. */
  public static byte[] count(int inputTokens) {
    return new JsonOut(SMALL).object().field("input_tokens", inputTokens).endObject().toBytes();
  }

  /**
   * A page of the list of {@code GET /v1/models}.
   *
   * @param more whether others follow
   */
  public static byte[] models(List<ListedModel> models, boolean more) {
    var out = new JsonOut(SMALL);
    out.object().name("data").array();
    models.forEach(model -> model(model, out));
    out.endArray().name("has_more").value(more);
    if (models.isEmpty()) {
      out.name("first_id").nothing().name("last_id").nothing();
    } else {
      out.field("first_id", models.getFirst().info().id());
      out.field("last_id", models.getLast().info().id());
    }
    return out.endObject().toBytes();
  }

  /** The answer of {@code GET /v1/models/{id}}. */
  public static byte[] model(ListedModel model) {
    var out = new JsonOut(SMALL);
    model(model, out);
    return out.toBytes();
  }

  /** An error body. */
  public static byte[] error(LlmError error, String requestId) {
    return AnthropicErrors.write(error, requestId, new JsonOut(SMALL)).toBytes();
  }

  /** Whether {@code error} is told as an overload, whose status is 529 in this dialect. */
  public static boolean isOverload(LlmError error) {
    return AnthropicErrors.isOverload(error);
  }

  /** Writes a usage object, with what the provider counts beside. */
  static void usage(Usage usage, Map<String, JsonText> more, JsonOut out) {
    if (!more.containsKey(USAGE)) {
      usage(usage, out);
      return;
    }
    var ours = new JsonOut(SMALL);
    usage(usage, ours);
    var known = new JsonText(new String(ours.toBytes(), StandardCharsets.UTF_8));
    out.json(JsonFields.merged(known, more.get(USAGE)));
  }

  /** Writes a usage object: the prompt's tokens are told by where they came from. */
  static void usage(Usage usage, JsonOut out) {
    int cached = usage.cachedTokens() + usage.cacheWriteTokens();
    out.object()
        .field("input_tokens", usage.promptTokens() - cached)
        .field("cache_creation_input_tokens", usage.cacheWriteTokens())
        .field("cache_read_input_tokens", usage.cachedTokens())
        .field("output_tokens", usage.completionTokens());
    if (usage.reasoningTokens() > 0) {
      out.name("output_tokens_details")
          .object()
          .field("thinking_tokens", usage.reasoningTokens())
          .endObject();
    }
    out.endObject();
  }

  /**
   * Writes a block of a call.
   *
   * @param caller who makes it; empty: the model
   */
  static void toolUse(
      String id, String name, JsonText input, Optional<JsonText> caller, JsonOut out) {
    out.object()
        .field("type", "tool_use")
        .field("id", id)
        .field("name", name)
        .name("input")
        .json(input)
        .name("caller")
        .json(caller.orElse(DIRECT))
        .endObject();
  }

  /** Adds the fields of how it ended to the object that is open. */
  static void stop(String reason, String sequence, Map<String, JsonText> more, JsonOut out) {
    out.name("stop_reason");
    if (more.containsKey(STOP_REASON)) {
      out.json(more.get(STOP_REASON)); // one that is not ours
    } else {
      out.value(reason);
    }
    out.name("stop_sequence");
    if (reason.equals("stop_sequence")) {
      out.value(sequence);
    } else {
      out.nothing();
    }
  }

  /** What a call says of itself when its arguments are not what this dialect can say. */
  static LlmError noObject(String tool) {
    return new LlmError.InvalidAnswer(
        "",
        "the arguments of the call of tool '" + Excerpt.shortened(tool) + "' are no JSON object");
  }

  /** Whether an answer that ended so may break off within the arguments of a call. */
  static boolean isCut(FinishReason reason) {
    return reason == FinishReason.LENGTH || reason == FinishReason.CONTENT_FILTER;
  }

  /** The arguments of a call as an object. */
  static JsonText input(ToolCall call, boolean cut) throws LlmException {
    String arguments = call.arguments().value();
    if (arguments.isBlank()) {
      return JsonText.EMPTY_OBJECT;
    }
    try {
      return JsonCursor.piece(call.arguments(), "", JsonCursor::cutObject);
    } catch (LlmException noObject) {
      if (cut) {
        return JsonText.EMPTY_OBJECT;
      }
      throw new LlmException(noObject(call.name()), noObject);
    }
  }

  private static void model(ListedModel model, JsonOut out) {
    out.object()
        .field("type", "model")
        .field("id", model.info().id())
        .field("display_name", model.info().id())
        .field("created_at", model.info().created().toString())
        .field("max_input_tokens", model.spec().contextTokens())
        .field("max_tokens", model.spec().maxOutputTokens())
        .name("capabilities")
        .nothing()
        .endObject();
  }
}

package llm.core.dialect.openai;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.core.catalogue.ListedModel;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ChatResult;
import llm.domain.chat.JsonText;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;

/** Bodies of the OpenAI dialect that are written in one piece, as UTF-8 JSON. */
public final class OpenAiResponses {
  /** What the names begin with of an answer's fields that stand in its choice. */
  public static final String OF_CHOICE = "choices[].";

  private static final int SMALL = 512;
  private static final String USAGE = "usage";
  private static final Set<String> OWN =
      Set.of("id", "object", "created", "model", "choices", USAGE);

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
    out.field("finish_reason", result.finishReason().wireName());
    Map<String, JsonText> more = result.extensions().in(Dialect.OPENAI_CHAT);
    choice(more, out);
    out.endObject().endArray().name("usage");
    usage(result.usage(), more, out);
    answer(more, out);
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

  /** Writes a usage object, with what the provider counts beside. */
  static void usage(Usage usage, Map<String, JsonText> more, JsonOut out) {
    if (!more.containsKey(USAGE)) {
      usage(usage, out);
      return;
    }
    var known = new JsonText(new String(usage(usage), StandardCharsets.UTF_8));
    out.json(JsonFields.merged(known, more.get(USAGE)));
  }

  /** Adds the fields of an answer that only this dialect knows. */
  static void answer(Map<String, JsonText> more, JsonOut out) {
    more.forEach((name, value) -> {
      if (!OWN.contains(name) && !name.startsWith(OF_CHOICE)) {
        out.name(name).json(value);
      }
    });
  }

  /** Adds the fields of a choice that only this dialect knows, as {@code native_finish_reason}. */
  static void choice(Map<String, JsonText> more, JsonOut out) {
    more.forEach((name, value) -> {
      if (name.startsWith(OF_CHOICE)) {
        out.name(name.substring(OF_CHOICE.length())).json(value);
      }
    });
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
    String refusal = result.isRefusal() ? refusal(result) : "";
    String text = result.text().substring(0, result.text().length() - refusal.length());
    out.object().field("role", "assistant").name("content");
    var calls = new AnsweredCalls(result);
    if (text.isEmpty() && (!calls.isEmpty() || result.isRefusal())) {
      out.nothing();
    } else {
      out.value(text);
    }
    if (!result.reasoning().isEmpty()) {
      out.field("reasoning_content", result.reasoning());
    }
    ReasoningDetails.write(result.thoughts(), out);
    out.name("refusal");
    if (result.isRefusal()) {
      out.value(refusal);
    } else {
      out.nothing();
    }
    calls.write(out);
    asides(result.course(), out);
    out.endObject();
  }

  /** The words behind the first sign of a refusal. */
  private static String refusal(ChatResult result) {
    var said = new StringBuilder();
    boolean refuses = false;
    for (StreamEvent event : result.course()) {
      refuses |= event instanceof StreamEvent.RefusalStarted;
      if (refuses && event instanceof StreamEvent.TextDelta delta) {
        said.append(delta.text());
      }
    }
    return said.toString();
  }

  /** Fields of the message that came in pieces: of lists all elements, else the last value. */
  private static void asides(List<StreamEvent> course, JsonOut out) {
    var fields = new LinkedHashMap<String, JsonText>();
    for (StreamEvent event : course) {
      if (event instanceof StreamEvent.Aside(Dialect dialect, String _, JsonText json)
          && dialect.isReadAs(Dialect.OPENAI_CHAT)) {
        JsonFields.of(json)
            .forEach((name, value) -> {
              if (!name.equals(AnsweredCalls.FIELD)) {
                fields.merge(name, value, JsonFields::joined);
              }
            });
      }
    }
    fields.forEach((name, value) -> out.name(name).json(value));
  }

  private static void model(ListedModel model, JsonOut out) {
    out.object()
        .field("id", model.info().id())
        .field("object", "model")
        .field("created", model.info().created().getEpochSecond())
        .field("owned_by", model.info().provider());
    if (!model.info().description().isEmpty()) {
      out.field("description", model.info().description()); // as OpenRouter has it
    }
    model.info().parent().ifPresent(parent -> out.field("parent", parent)); // as vLLM has it
    out.endObject();
  }
}

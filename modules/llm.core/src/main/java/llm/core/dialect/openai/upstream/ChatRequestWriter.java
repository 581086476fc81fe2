package llm.core.dialect.openai.upstream;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.openai.ReasoningDetails;
import llm.core.dialect.openai.ToolCallsWriter;
import llm.core.dialect.openai.upstream.RequestTraits.Unfinished;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.content.Thinking;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.AdapterUse;

/**
 * Writes the body of {@code POST /chat/completions}
 * (https://platform.openai.com/docs/api-reference/chat/create). What the request leaves to the
 * provider is not written; its extensions go along byte for byte.
 */
public final class ChatRequestWriter {
  private static final int FRAME_BYTES = 256;
  private static final String PREFIX = "prefix";
  private static final JsonText NOTHING = new JsonText("[]");

  /** Fields that are this writer's: an extension must not say them a second time. */
  private static final Set<String> OWN =
      Set.of(
          "model",
          "messages",
          "tools",
          "tool_choice",
          "temperature",
          "top_p",
          "top_k",
          "min_p",
          "seed",
          "stop",
          "frequency_penalty",
          "presence_penalty",
          "repeat_penalty",
          "repetition_penalty",
          "logit_bias",
          "lora",
          "logprobs",
          "top_logprobs",
          "max_tokens",
          "max_completion_tokens",
          "parallel_tool_calls",
          "stream",
          "stream_options",
          "n");

  private ChatRequestWriter() {}

  /**
   * The body as UTF-8 JSON.
   *
   * @param model the model's id at the upstream
   * @param stream whether the answer is wanted as a stream
   * @throws LlmException with {@code Unsupported} for parts that only another dialect knows
   */
  public static byte[] write(
      ChatRequest request, String model, boolean stream, RequestTraits traits) throws LlmException {
    var out = new JsonOut(FRAME_BYTES + size(request.messages()));
    out.object().field("model", model).name("messages").array();
    int turn = turn(request.messages());
    var images = new ToolImages();
    for (int index = 0; index < request.messages().size(); index++) {
      Message message = request.messages().get(index);
      images.flush(message.role(), out);
      boolean prefix =
          traits.unfinished() == Unfinished.PREFIX
              && isUnfinished(request, index)
              && !message.extensions().in(Dialect.OPENAI_CHAT).containsKey(PREFIX);
      message(images.words(message), index > turn, prefix, traits, out);
    }
    images.flush(Role.USER, out);
    out.endArray();
    tools(request, out);
    sampling(request.sampling(), out);
    penalties(request, traits, out);
    adapters(request.sampling().adapters(), out);
    logprobs(request.sampling(), out);
    request.maxTokens().ifPresent(limit -> out.field(traits.outputLimit().field(), limit));
    var format = new FormatWriter(request, traits.grammars());
    format.write(out);
    form(request.form(), out);
    goOn(request, traits, out);
    if (stream) {
      out.name("stream").value(true);
      if (traits.streamUsage()) {
        out.name("stream_options").object().name("include_usage").value(true).endObject();
      }
    }
    request
        .extensions()
        .in(Dialect.OPENAI_CHAT)
        .forEach((name, value) -> {
          if (!OWN.contains(name) && format.relays(name)) {
            out.name(name).json(value);
          }
        });
    return out.endObject().toBytes();
  }

  private static int size(List<Message> messages) {
    int size = 0;
    for (Message message : messages) {
      size += 64 + message.text().length();
    }
    return size;
  }

  /** Where the user spoke last; -1: nowhere. */
  private static int turn(List<Message> messages) {
    int index = messages.size() - 1;
    while (index >= 0 && messages.get(index).role() != Role.USER) {
      index--;
    }
    return index;
  }

  /** Whether the message is an answer that is to be gone on from. */
  private static boolean isUnfinished(ChatRequest request, int index) {
    return request.form().continues() && index == request.messages().size() - 1;
  }

  /** As vLLM wants it; the caller's own words for it count more. */
  private static void goOn(ChatRequest request, RequestTraits traits, JsonOut out) {
    Map<String, JsonText> more = request.extensions().in(Dialect.OPENAI_CHAT);
    if (request.form().continues()
        && traits.unfinished() == Unfinished.CONTINUE_FINAL_MESSAGE
        && !more.containsKey("continue_final_message")) {
      out.name("continue_final_message").value(true);
      if (!more.containsKey("add_generation_prompt")) {
        out.name("add_generation_prompt").value(false);
      }
    }
  }

  private static void message(
      Message message, boolean ofTurn, boolean prefix, RequestTraits traits, JsonOut out)
      throws LlmException {
    boolean developer = message.role() == Role.SYSTEM && traits.developerRole();
    out.object().field("role", developer ? "developer" : message.role().wireName());
    if (message.parts().isEmpty() && !message.toolCalls().isEmpty()) {
      out.name("content").nothing();
    } else {
      PartWriter.content(message, out);
    }
    message.name().ifPresent(name -> out.field("name", name));
    message.toolCallId().ifPresent(id -> out.field("tool_call_id", id));
    if (prefix) {
      out.name(PREFIX).value(true);
    }
    if (message.role() == Role.ASSISTANT && !message.toolCalls().isEmpty()) {
      ToolCallsWriter.write(message.toolCalls(), out);
    }
    if (ofTurn && traits.reasoning() != RequestTraits.ReasoningBack.NONE) {
      reasoning(message, traits.reasoning().field(), out);
    }
    ReasoningDetails.write(
        message.thoughts().stream()
            .filter(thought -> thought.isProvenIn(Dialect.OPENAI_CHAT))
            .toList(),
        out);
    relayed(message.extensions(), out);
    out.endObject();
  }

  /** What was told of it; a field of the caller's own under this name counts more. */
  private static void reasoning(Message message, String field, JsonOut out) {
    String text = message.thoughts().stream().map(Thought::text).collect(Collectors.joining());
    boolean said = message.extensions().in(Dialect.OPENAI_CHAT).containsKey(field);
    if (!text.isEmpty() && !said) {
      out.field(field, text);
    }
  }

  private static void relayed(Extensions extensions, JsonOut out) {
    extensions.in(Dialect.OPENAI_CHAT).forEach((name, value) -> out.name(name).json(value));
  }

  private static void form(AnswerForm form, JsonOut out) {
    form.parallelToolCalls().ifPresent(many -> out.name("parallel_tool_calls").value(many));
    form.thinking().ifPresent(wish -> thinking(wish, out));
  }

  private static void thinking(Thinking wish, JsonOut out) {
    switch (wish) {
      case Thinking.Off _ -> out.field("reasoning_effort", "none");
      case Thinking.Adaptive _ -> {
        // as the model likes
      }
      case Thinking.ByEffort(Thinking.Effort effort) ->
          out.field("reasoning_effort", effort.wireName());
      case Thinking.Budget(int tokens) -> {
        Thinking.Effort effort = Thinking.Effort.ofBudget(tokens);
        boolean most = effort == Thinking.Effort.MAX; // which few models know
        out.field("reasoning_effort", (most ? Thinking.Effort.XHIGH : effort).wireName());
      }
    }
  }

  /** Ours, and behind them those of kinds that only this dialect knows. */
  private static void tools(ChatRequest request, JsonOut out) {
    Map<String, JsonText> more = request.extensions().in(Dialect.OPENAI_CHAT);
    if (more.containsKey("tool_choice")) {
      out.name("tool_choice").json(more.get("tool_choice"));
    }
    if (request.tools().isEmpty() && !more.containsKey("tools")) {
      return;
    }
    out.name("tools").array();
    for (ToolDefinition tool : request.tools()) {
      out.object().field("type", "function").name("function").object().field("name", tool.name());
      tool.description().ifPresent(text -> out.field("description", text));
      out.name("parameters").json(tool.parameters());
      if (tool.strict()) {
        out.name("strict").value(true);
      }
      out.endObject();
      relayed(tool.extensions(), out);
      out.endObject();
    }
    JsonFields.elements(more.getOrDefault("tools", NOTHING)).forEach(out::json);
    out.endArray();
    if (!more.containsKey("tool_choice")) {
      choice(request.toolChoice(), out);
    }
  }

  private static void choice(ToolChoice choice, JsonOut out) {
    switch (choice) {
      case ToolChoice.Auto _ -> {
        // what happens anyway
      }
      case ToolChoice.None _ -> out.field("tool_choice", "none");
      case ToolChoice.Required _ -> out.field("tool_choice", "required");
      case ToolChoice.Named(String name) ->
          out.name("tool_choice")
              .object()
              .field("type", "function")
              .name("function")
              .object()
              .field("name", name)
              .endObject()
              .endObject();
    }
  }

  private static void sampling(SamplingOptions sampling, JsonOut out) {
    sampling.temperature().ifPresent(chosen -> out.name("temperature").value(chosen.value()));
    sampling.topP().ifPresent(p -> out.name("top_p").value(p));
    sampling.topK().ifPresent(k -> out.field("top_k", k));
    sampling.minP().ifPresent(p -> out.name("min_p").value(p));
    sampling.seed().ifPresent(seed -> out.field("seed", seed));
    if (!sampling.stop().isEmpty()) {
      out.name("stop").array();
      sampling.stop().forEach(out::value);
      out.endArray();
    }
  }

  private static void penalties(ChatRequest request, RequestTraits traits, JsonOut out) {
    SamplingOptions sampling = request.sampling();
    sampling.frequencyPenalty().ifPresent(p -> out.name("frequency_penalty").value(p));
    sampling.presencePenalty().ifPresent(p -> out.name("presence_penalty").value(p));
    sampling.repeatPenalty().ifPresent(p -> out.name(repeatPenalty(request, traits)).value(p));
    if (!sampling.logitBias().isEmpty()) {
      out.name("logit_bias").object();
      sampling.logitBias().forEach((token, bias) -> out.name(token.toString()).value(bias));
      out.endObject();
    }
  }

  /** As the caller called it, who knows the upstream; else as the upstream's kind does. */
  private static String repeatPenalty(ChatRequest request, RequestTraits traits) {
    for (RequestTraits.RepeatPenalty name : RequestTraits.RepeatPenalty.values()) {
      if (request.extensions().in(Dialect.OPENAI_CHAT).containsKey(name.field())) {
        return name.field();
      }
    }
    return traits.repeatPenalty().field();
  }

  /** By their numbers: what they are called here is not known there. */
  private static void adapters(List<AdapterUse> adapters, JsonOut out) throws LlmException {
    if (adapters.isEmpty()) {
      return;
    }
    out.name("lora").array();
    for (int i = 0; i < adapters.size(); i++) {
      switch (adapters.get(i)) {
        case AdapterUse.Numbered(int number, Optional<Double> scale) ->
            out.object().field("id", number).name("scale").value(scale.orElse(1.0)).endObject();
        case AdapterUse.Named _ ->
            throw new LlmException(
                new LlmError.Unsupported(
                    "lora[" + i + "].name",
                    "This model's server knows its adapters by their numbers; send id in place of"
                        + " name."));
      }
    }
    out.endArray();
  }

  private static void logprobs(SamplingOptions sampling, JsonOut out) {
    sampling
        .topLogprobs()
        .ifPresent(count -> {
          out.name("logprobs").value(true);
          if (count > 0) {
            out.field("top_logprobs", count);
          }
        });
  }
}

package llm.core.dialect.responses.upstream;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.grammar.GrammarFields;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Thinking;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Writes the body of {@code POST /responses}
 * (https://platform.openai.com/docs/api-reference/responses/create). What the request leaves to the
 * provider is not written; its extensions go along byte for byte. Nothing is stored there unless
 * the caller asks for it: the conversation is ours.
 */
public final class ResponseRequestWriter {
  private static final int FRAME_BYTES = 256;
  private static final String LOGPROBS = "\"message.output_text.logprobs\"";
  private static final String ENCRYPTED = "\"reasoning.encrypted_content\"";

  /** Fields that are this writer's: an extension must not say them a second time. */
  private static final Set<String> OWN =
      Set.of(
          "model",
          "input",
          "instructions",
          "tools",
          "tool_choice",
          "temperature",
          "top_p",
          "top_logprobs",
          "max_output_tokens",
          "parallel_tool_calls",
          "text",
          "reasoning",
          "include",
          "stream");

  private final ChatRequest request;
  private final ResponseTraits traits;
  private final RelayedFields relayed;
  private final JsonOut out;

  private ResponseRequestWriter(ChatRequest request, ResponseTraits traits) {
    this.request = request;
    this.traits = traits;
    this.relayed = RelayedFields.of(request.extensions());
    this.out = new JsonOut(FRAME_BYTES + size(request.messages()));
  }

  /**
   * The body as UTF-8 JSON.
   *
   * @param model the model's id at the upstream
   * @param stream whether the answer is wanted as a stream
   * @throws LlmException with {@code Unsupported} for what this dialect has no words for
   */
  public static byte[] write(
      ChatRequest request, String model, boolean stream, ResponseTraits traits)
      throws LlmException {
    return new ResponseRequestWriter(request, traits).body(model, stream);
  }

  private byte[] body(String model, boolean stream) throws LlmException {
    out.object().field("model", model);
    input();
    tools();
    sampling(request.sampling());
    request.maxTokens().ifPresent(limit -> out.field("max_output_tokens", limit));
    form(request.form());
    include();
    if (!relayed.has("store")) {
      out.name("store").value(false);
    }
    if (stream) {
      out.name("stream").value(true);
    }
    relayed.write(OWN, out);
    return out.endObject().toBytes();
  }

  /** What the system says first are the instructions, where there is more than that. */
  private void input() throws LlmException {
    List<Message> messages = request.messages();
    Message first = messages.getFirst();
    boolean instructs =
        messages.size() > 1
            && first.role() == Role.SYSTEM
            && first.isPlain()
            && first.extensions().isEmpty()
            && first.parts().stream().allMatch(part -> part.extensions().isEmpty());
    if (instructs) {
      out.field("instructions", first.text());
    }
    out.name("input").array();
    var items = new InputWriter(out, traits.developerRole());
    for (int index = instructs ? 1 : 0; index < messages.size(); index++) {
      items.message(messages.get(index), index);
    }
    out.endArray();
  }

  /** Ours, and behind them those of kinds that only this dialect knows. */
  private void tools() throws LlmException {
    List<JsonText> others = relayed.elements("tools");
    if (!request.tools().isEmpty() || !others.isEmpty()) {
      out.name("tools").array();
      request.tools().forEach(this::tool);
      others.forEach(out::json);
      out.endArray();
    }
    if (relayed.has("tool_choice")) {
      out.name("tool_choice").json(request.extensions().fields().get("tool_choice"));
      return;
    }
    switch (request.toolChoice()) {
      case ToolChoice.Auto _ -> {
        // what happens anyway
      }
      case ToolChoice.None _ -> out.field("tool_choice", "none");
      case ToolChoice.Required _ -> out.field("tool_choice", "required");
      case ToolChoice.Named(String name) ->
          out.name("tool_choice")
              .object()
              .field("type", "function")
              .field("name", name)
              .endObject();
    }
  }

  /** Left out, {@code strict} would mean true here. */
  private void tool(ToolDefinition tool) {
    out.object().field("type", "function").field("name", tool.name());
    tool.description().ifPresent(text -> out.field("description", text));
    out.name("parameters").json(tool.parameters()).name("strict").value(tool.strict());
    Set<String> own = Set.of("type", "name", "description", "parameters", "strict");
    RelayedFields.of(tool.extensions()).write(own, out);
    out.endObject();
  }

  private void sampling(SamplingOptions sampling) throws LlmException {
    sampling.temperature().ifPresent(chosen -> out.name("temperature").value(chosen.value()));
    sampling.topP().ifPresent(p -> out.name("top_p").value(p));
    sampling.topLogprobs().ifPresent(count -> out.field("top_logprobs", count));
    refuse("top_k", sampling.topK().isPresent());
    refuse("min_p", sampling.minP().isPresent());
    refuse("seed", sampling.seed().isPresent());
    refuse("stop", !sampling.stop().isEmpty());
    refuse("frequency_penalty", sampling.frequencyPenalty().isPresent());
    refuse("presence_penalty", sampling.presencePenalty().isPresent());
    refuse("repeat_penalty", sampling.repeatPenalty().isPresent());
    refuse("logit_bias", !sampling.logitBias().isEmpty());
  }

  private static void refuse(String field, boolean asked) throws LlmException {
    if (asked) {
      throw new LlmException(
          new LlmError.Unsupported(
              field,
              "This model is asked by OpenAI's Responses, which has no "
                  + field
                  + "; leave it out, or set api: chat for the provider."));
    }
  }

  private void form(AnswerForm form) throws LlmException {
    form.parallelToolCalls().ifPresent(many -> out.name("parallel_tool_calls").value(many));
    boolean formatted = !(form.format() instanceof ResponseFormat.Text);
    if (formatted || relayed.hasInside("text")) {
      out.name("text").object();
      format(form.format());
      relayed.writeInside("text", formatted ? Set.of("format") : Set.of(), out);
      out.endObject();
    }
    Optional<String> effort = form.thinking().flatMap(ResponseRequestWriter::effort);
    if (effort.isPresent() || traits.summary().isPresent() || relayed.hasInside("reasoning")) {
      out.name("reasoning").object();
      effort.ifPresent(name -> out.field("effort", name));
      relayed.writeInside("reasoning", effort.isPresent() ? Set.of("effort") : Set.of(), out);
      if (!relayed.hasInside("reasoning")) {
        traits.summary().ifPresent(how -> out.field("summary", how));
      }
      out.endObject();
    }
  }

  private void format(ResponseFormat format) throws LlmException {
    switch (format) {
      case ResponseFormat.Text _ -> {
        // what happens anyway
      }
      case ResponseFormat.Grammar _ -> throw GrammarFields.unsupported(request);
      case ResponseFormat.JsonObject _ ->
          out.name("format").object().field("type", "json_object").endObject();
      case ResponseFormat.JsonSchema schema -> {
        out.name("format").object().field("type", "json_schema").field("name", schema.name());
        schema.description().ifPresent(text -> out.field("description", text));
        out.name("schema").json(schema.schema()).name("strict").value(schema.strict());
        relayed.writeInside(
            "text.format", Set.of("type", "name", "description", "schema", "strict"), out);
        out.endObject();
      }
    }
  }

  private static Optional<String> effort(Thinking wish) {
    return switch (wish) {
      case Thinking.Off _ -> Optional.of("none");
      case Thinking.Adaptive _ -> Optional.empty();
      case Thinking.ByEffort(Thinking.Effort effort) -> Optional.of(effort.wireName());
      case Thinking.Budget(int tokens) -> Optional.of(Thinking.Effort.ofBudget(tokens).wireName());
    };
  }

  private void include() throws LlmException {
    List<JsonText> asked = relayed.elements("include");
    boolean logprobs = request.sampling().topLogprobs().isPresent();
    var all = new LinkedHashSet<>(asked);
    if (logprobs) {
      all.add(new JsonText(LOGPROBS));
    }
    if (traits.encryptedReasoning()) {
      all.add(new JsonText(ENCRYPTED));
    }
    if (!all.isEmpty()) {
      out.name("include").array();
      all.forEach(out::json);
      out.endArray();
    }
  }

  private static int size(List<Message> messages) {
    int size = 0;
    for (Message message : messages) {
      size += 64 + message.text().length();
    }
    return size;
  }
}

package llm.core.cache;

import java.util.TreeMap;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.ImageSource;
import llm.domain.content.Thinking;
import llm.domain.content.Thought;
import llm.domain.model.AdapterUse;
import llm.domain.model.Temperature;

/**
 * Adds to a {@link KeyDigest} all of a request that reaches a model. Fields of a JSON object that
 * the product reads are in one order, whatever the caller's; texts that are sent on as they are,
 * such as schemas, count byte for byte. How urgent it is does not matter.
 */
final class RequestKey {
  private RequestKey() {}

  static void add(KeyDigest key, ChatRequest request) {
    key.text(request.model().value()).all(request.messages(), RequestKey::message);
    key.all(request.tools(), RequestKey::tool);
    choice(key, request.toolChoice());
    sampling(key, request.sampling());
    key.optional(request.maxTokens(), (in, most) -> in.number(most));
    extensions(key, request.extensions());
    form(key, request.form());
  }

  private static void message(KeyDigest key, Message message) {
    key.text(message.role().name())
        .all(message.parts(), RequestKey::part)
        .all(message.toolCalls(), RequestKey::call)
        .optional(message.toolCallId(), KeyDigest::text)
        .flag(message.failed())
        .optional(message.name(), KeyDigest::text)
        .all(message.thoughts(), RequestKey::thought);
    extensions(key, message.extensions());
  }

  private static void part(KeyDigest key, Part part) {
    switch (part) {
      case Part.Text(String text, Extensions _) -> key.number(0).text(text);
      case Part.Image image -> {
        switch (image.source()) {
          case ImageSource.Url(String url) -> key.number(1).text(url);
          case ImageSource.Data(String type, String base64) ->
              key.number(2).text(type).text(base64);
        }
        key.optional(image.detail(), KeyDigest::text);
      }
      case Part.Foreign foreign ->
          key.number(3)
              .text(foreign.dialect().name())
              .text(foreign.type())
              .text(foreign.json().value());
    }
    extensions(key, part.extensions());
  }

  private static void call(KeyDigest key, ToolCall call) {
    key.text(call.id()).text(call.name()).text(call.arguments().value());
    extensions(key, call.extensions());
  }

  private static void thought(KeyDigest key, Thought thought) {
    key.text(thought.text())
        .optional(thought.signature(), KeyDigest::text)
        .optional(thought.hidden(), KeyDigest::text)
        .text(thought.dialect().name());
  }

  private static void tool(KeyDigest key, ToolDefinition tool) {
    key.text(tool.name())
        .optional(tool.description(), KeyDigest::text)
        .text(tool.parameters().value())
        .flag(tool.strict());
    extensions(key, tool.extensions());
  }

  private static void choice(KeyDigest key, ToolChoice choice) {
    switch (choice) {
      case ToolChoice.Auto _ -> key.number(0);
      case ToolChoice.None _ -> key.number(1);
      case ToolChoice.Required _ -> key.number(2);
      case ToolChoice.Named(String name) -> key.number(3).text(name);
    }
  }

  private static void sampling(KeyDigest key, SamplingOptions sampling) {
    key.optional(sampling.temperature().map(Temperature::value), KeyDigest::number)
        .optional(sampling.topP(), KeyDigest::number)
        .optional(sampling.topK(), (in, value) -> in.number(value))
        .optional(sampling.minP(), KeyDigest::number)
        .optional(sampling.seed(), (in, value) -> in.number(value))
        .all(sampling.stop(), KeyDigest::text)
        .optional(sampling.frequencyPenalty(), KeyDigest::number)
        .optional(sampling.presencePenalty(), KeyDigest::number)
        .optional(sampling.repeatPenalty(), KeyDigest::number)
        .all(
            sampling.logitBias().entrySet(),
            (in, bias) -> in.number(bias.getKey()).number(bias.getValue().doubleValue()))
        .optional(sampling.topLogprobs(), (in, value) -> in.number(value))
        .all(sampling.adapters(), RequestKey::adapter);
  }

  private static void adapter(KeyDigest key, AdapterUse adapter) {
    switch (adapter) {
      case AdapterUse.Named named -> key.number(0).text(named.name());
      case AdapterUse.Numbered numbered -> key.number(1).number(numbered.number());
    }
    key.optional(adapter.scale(), KeyDigest::number);
  }

  private static void form(KeyDigest key, AnswerForm form) {
    switch (form.format()) {
      case ResponseFormat.Text _ -> key.number(0);
      case ResponseFormat.JsonObject _ -> key.number(1);
      case ResponseFormat.JsonSchema schema ->
          key.number(2)
              .text(schema.name())
              .optional(schema.description(), KeyDigest::text)
              .text(schema.schema().value())
              .flag(schema.strict());
      case ResponseFormat.Grammar grammar -> key.number(3).text(grammar.gbnf());
    }
    key.optional(form.parallelToolCalls(), KeyDigest::flag)
        .optional(form.thinking(), RequestKey::thinking)
        .flag(form.continues());
  }

  private static void thinking(KeyDigest key, Thinking thinking) {
    switch (thinking) {
      case Thinking.Off _ -> key.number(0);
      case Thinking.Adaptive _ -> key.number(1);
      case Thinking.ByEffort(Thinking.Effort effort) -> key.number(2).text(effort.name());
      case Thinking.Budget(int tokens) -> key.number(3).number(tokens);
    }
  }

  private static void extensions(KeyDigest key, Extensions extensions) {
    key.number(extensions.fields().size());
    if (!extensions.isEmpty()) {
      key.text(extensions.dialect().name());
      new TreeMap<>(extensions.fields()).forEach((name, json) -> key.text(name).text(json.value()));
    }
  }
}

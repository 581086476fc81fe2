package llm.domain.interaction;

import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.domain.text.JsonWriter;

/**
 * A request as chat-completion APIs commonly take it: five fields and no more. What else a request
 * has (sampling, tool choice, unknown fields) is a dialect's matter.
 *
 * @param model the model
 * @param messages the conversation
 * @param tools the tools offered; empty for none
 * @param temperature empty: the provider's default
 * @param maxTokens empty: the model's maximum
 */
public record ApiFormat(
    ModelName model,
    List<Message> messages,
    List<ToolDefinition> tools,
    Optional<Temperature> temperature,
    Optional<Integer> maxTokens) {

  /** Copies the lists. */
  public ApiFormat {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
  }

  /** The five fields of {@code request}. */
  public static ApiFormat of(ChatRequest request) {
    return new ApiFormat(
        request.model(),
        request.messages(),
        request.tools(),
        request.sampling().temperature(),
        request.maxTokens());
  }

  /**
   * An object with exactly the keys {@code model}, {@code messages}, {@code tools}, {@code
   * temperature} and {@code max_tokens}, in this order; what is not set is null. Messages and tools
   * have the form of the OpenAI chat API (platform.openai.com/docs/api-reference/chat/create);
   * schemas stand byte-exact.
   */
  public JsonText toJson() {
    var json = new JsonWriter().beginObject();
    json.name("model").value(model.value());
    json.name("messages").beginArray();
    messages.forEach(message -> write(message, json));
    json.endArray().name("tools").beginArray();
    tools.forEach(tool -> write(tool, json));
    json.endArray().name("temperature");
    temperature.map(Temperature::value).ifPresentOrElse(json::value, json::nullValue);
    json.name("max_tokens");
    maxTokens.ifPresentOrElse(json::value, json::nullValue);
    return json.endObject().toJson();
  }

  private static void write(Message message, JsonWriter json) {
    json.beginObject().name("role").value(message.role().wireName()).name("content");
    if (message.text().isEmpty() && !message.toolCalls().isEmpty()) {
      json.nullValue();
    } else {
      json.value(message.text());
    }
    message.name().ifPresent(name -> json.name("name").value(name));
    message.toolCallId().ifPresent(id -> json.name("tool_call_id").value(id));
    if (!message.toolCalls().isEmpty()) {
      json.name("tool_calls").beginArray();
      message.toolCalls().forEach(call -> write(call, json));
      json.endArray();
    }
    json.endObject();
  }

  /** The arguments go as a string: they are what a model wrote, which need not be JSON. */
  private static void write(ToolCall call, JsonWriter json) {
    json.beginObject().name("id").value(call.id()).name("type").value("function");
    json.name("function").beginObject().name("name").value(call.name());
    json.name("arguments").value(call.arguments().value()).endObject().endObject();
  }

  private static void write(ToolDefinition tool, JsonWriter json) {
    json.beginObject().name("type").value("function").name("function").beginObject();
    json.name("name").value(tool.name());
    tool.description().ifPresent(text -> json.name("description").value(text));
    json.name("parameters").value(tool.parameters()).endObject().endObject();
  }
}

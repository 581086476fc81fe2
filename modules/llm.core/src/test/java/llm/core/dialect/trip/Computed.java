package llm.core.dialect.trip;

import java.util.stream.Collectors;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Thought;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What of a request a model sees that is computed here, as its chat template is given it. */
final class Computed {
  private Computed() {}

  static JsonNode of(ChatRequest request) {
    ObjectNode all = Defined.JSON.createObjectNode();
    ArrayNode messages = all.putArray("messages");
    request.messages().forEach(message -> message(message, messages.addObject()));
    if (!request.tools().isEmpty() && !(request.toolChoice() instanceof ToolChoice.None)) {
      ArrayNode tools = all.putArray("tools");
      request.tools().forEach(tool -> tools.add(tool(tool)));
      all.put("choice", request.toolChoice().toString());
      all.put("several", request.form().parallelToolCalls().orElse(true));
    }
    all.put("sampling", request.sampling().toString());
    all.put("limit", request.maxTokens().toString());
    all.put("thinking", request.form().thinking().toString());
    all.put(
        "format",
        request.form().format() instanceof ResponseFormat.JsonSchema schema
            ? schema.schema().value()
            : request.form().format().toString());
    return all;
  }

  private static void message(Message message, ObjectNode out) {
    out.put("role", message.role().toString());
    out.put("name", message.name().toString());
    out.put("call", message.toolCallId().toString());
    out.put(
        "thoughts", message.thoughts().stream().map(Thought::text).collect(Collectors.joining()));
    ArrayNode parts = out.putArray("parts");
    for (Part part : message.parts()) {
      parts.add(
          switch (part) {
            case Part.Text text -> text.text();
            case Part.Image image -> image.source().toString();
            case Part.Foreign _ -> throw new IllegalStateException("was to be refused");
          });
    }
    for (ToolCall call : message.toolCalls()) {
      parts.add(call.id() + call.name() + call.arguments());
    }
  }

  private static String tool(ToolDefinition tool) {
    return tool.name() + tool.description() + tool.parameters();
  }
}

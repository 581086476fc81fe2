package llm.core.dialect.trip;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import llm.domain.content.Dialect;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Makes requests legal whose types alone are: rules that the type definitions cannot say. */
final class Legal {
  /** Fields and types that no request gets, by the file of the dialect, with the reason. */
  static final Map<Dialect, Set<String>> LEFT =
      Map.of(
          Dialect.OPENAI_CHAT,
          Set.of(
              // refused by their path before every provider: our answer could not carry what they
              // ask for, or tools have their place
              "ChatCompletionCreateParamsBase.n",
              "ChatCompletionCreateParamsBase.audio",
              "ChatCompletionCreateParamsBase.modalities",
              "ChatCompletionCreateParamsBase.functions",
              "ChatCompletionCreateParamsBase.function_call",
              "ChatCompletionAssistantMessageParam.function_call",
              "ChatCompletionFunctionMessageParam",
              // how our answer is told
              "ChatCompletionCreateParamsBase.stream",
              "ChatCompletionCreateParamsBase.stream_options",
              // the older name of max_completion_tokens
              "ChatCompletionCreateParamsBase.max_tokens"),
          Dialect.OPENAI_RESPONSES,
          Set.of(
              // done here
              "ResponseCreateParamsBase.background",
              "ResponseCreateParamsBase.store",
              "ResponseCreateParamsBase.previous_response_id",
              "ResponseCreateParamsBase.stream",
              "ResponseCreateParamsBase.stream_options",
              "ItemReference",
              "ResponseInputItem.ItemReference",
              // refused before every provider
              "ResponseCreateParamsBase.conversation"),
          Dialect.ANTHROPIC,
          Set.of(
              // how our answer is told
              "MessageCreateParamsBase.stream"));

  private Legal() {}

  /** {@code body} with what it needs beside its types. */
  static ObjectNode of(Dialect dialect, ObjectNode body) {
    switch (dialect) {
      case OPENAI_CHAT, LLM -> chat(body);
      case OPENAI_RESPONSES -> responses(body);
      case ANTHROPIC -> anthropic(body);
    }
    return body;
  }

  private static void chat(ObjectNode body) {
    for (JsonNode message : body.get("messages")) {
      if (!message.has("content") && !message.has("tool_calls")) {
        ((ObjectNode) message).put("content", "so");
      }
    }
    if (body.has("top_logprobs")) {
      body.put("logprobs", true);
    }
    JsonNode choice = body.get("tool_choice");
    String function = "";
    for (JsonNode tool : body.has("tools") ? body.get("tools") : Defined.JSON.createArrayNode()) {
      if (tool.has("function")) {
        function = tool.get("function").get("name").stringValue();
      }
    }
    if (choice != null && choice.isObject() && choice.has("function")) {
      if (function.isEmpty()) {
        body.remove("tool_choice");
      } else {
        ((ObjectNode) choice.get("function")).put("name", function);
      }
    } else if (choice != null && !body.has("tools")) {
      body.remove("tool_choice");
    }
  }

  private static void responses(ObjectNode body) {
    if (!body.has("input")) {
      body.put("input", "hi");
    }
    if (body.get("input") instanceof ArrayNode items && !items.toString().contains("\"user\"")) {
      items.addObject().put("role", "user").put("content", "so"); // reasoning alone says nothing
    }
    String function = "";
    for (JsonNode tool : body.has("tools") ? body.get("tools") : Defined.JSON.createArrayNode()) {
      if (tool.get("type").stringValue().equals("function")) {
        function = tool.get("name").stringValue();
      }
    }
    JsonNode choice = body.get("tool_choice");
    if (choice != null && choice.isObject() && is(choice, "function")) {
      if (function.isEmpty()) {
        body.remove("tool_choice");
      } else {
        ((ObjectNode) choice).put("name", function);
      }
    } else if (choice != null && !body.has("tools")) {
      body.remove("tool_choice");
    }
  }

  private static void anthropic(ObjectNode body) {
    boolean spoken = false;
    for (JsonNode message : body.get("messages")) {
      anthropicMessage((ObjectNode) message);
      spoken |= !message.get("role").stringValue().equals("system");
    }
    if (!spoken) {
      ((ArrayNode) body.get("messages")).addObject().put("role", "user").put("content", "so");
    }
    Set<String> names = new LinkedHashSet<>();
    var kept = new ArrayList<JsonNode>();
    for (JsonNode tool : body.has("tools") ? body.get("tools") : Defined.JSON.createArrayNode()) {
      String name = tool.has("name") ? tool.get("name").stringValue() : "";
      if (names.add(name)) {
        kept.add(tool);
      }
    }
    if (body.has("tools")) {
      ((ArrayNode) body.get("tools")).removeAll().addAll(kept);
    }
    JsonNode choice = body.get("tool_choice");
    if (choice == null) {
      return;
    }
    if (names.isEmpty()) {
      body.remove("tool_choice");
    } else if (!choice.isObject() || is(choice, "tool")) {
      ((ObjectNode) choice).put("name", names.iterator().next());
    }
  }

  /** Each speaker's blocks. */
  private static void anthropicMessage(ObjectNode message) {
    if (!message.get("content").isArray()) {
      return;
    }
    String role = message.get("role").stringValue();
    var kept = new ArrayList<JsonNode>();
    for (JsonNode block : message.get("content")) {
      boolean fits =
          switch (block.get("type").stringValue()) {
            case "tool_result" -> role.equals("user");
            case "tool_use", "thinking", "redacted_thinking" -> role.equals("assistant");
            default -> true;
          };
      if (fits) {
        kept.add(block);
      }
    }
    if (kept.isEmpty()) {
      kept.add(Defined.JSON.createObjectNode().put("type", "text").put("text", "so"));
    }
    ((ArrayNode) message.get("content")).removeAll().addAll(kept);
  }

  static boolean is(JsonNode object, String type) {
    return object.has("type") && object.get("type").stringValue().equals(type);
  }
}

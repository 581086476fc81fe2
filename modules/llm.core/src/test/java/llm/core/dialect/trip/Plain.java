package llm.core.dialect.trip;

import java.util.ArrayList;
import java.util.List;
import llm.domain.content.Dialect;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Bodies that say the same are made equal. All that may differ stands here, and in the docs on
 * dialects.
 */
final class Plain {
  private Plain() {}

  /** {@code body}, which is changed, in the one form of what it says. */
  static JsonNode of(Dialect dialect, JsonNode body) {
    ((ObjectNode) body).put("model", "m");
    switch (dialect) {
      case OPENAI_CHAT, LLM -> chat((ObjectNode) body);
      case OPENAI_RESPONSES -> responses((ObjectNode) body);
      case ANTHROPIC -> anthropic((ObjectNode) body);
    }
    everywhere(body);
    return body;
  }

  /** What is so anyway is as good as unsaid. */
  private static void everywhere(JsonNode node) {
    node.forEach(Plain::everywhere);
    if (node instanceof ObjectNode object) {
      unsaid(object, "content", "null");
      unsaid(object, "strict", "false");
      unsaid(object, "tool_choice", "\"auto\"");
      unsaid(object, "tool_choice", "{\"type\":\"auto\"}");
      unsaid(object, "caller", "{\"type\":\"direct\"}");
      unsaid(object, "is_error", "false");
      unsaid(object, "disable_parallel_tool_use", "false");
      unsaid(object, "annotations", "[]");
    }
  }

  private static void unsaid(ObjectNode object, String field, String anyway) {
    if (object.has(field) && object.get(field).toString().equals(anyway)) {
      object.remove(field);
    }
  }

  private static void chat(ObjectNode body) {
    rename(body, "max_completion_tokens", "max_tokens");
    unsaid(body, "logprobs", "false");
    unsaid(body, "top_logprobs", "0");
    unsaid(body, "response_format", "{\"type\":\"text\"}");
    JsonNode format = body.get("response_format");
    if (format != null && format.has("json_schema") && !format.get("json_schema").has("schema")) {
      ((ObjectNode) format.get("json_schema")).putObject("schema"); // any
    }
    if (body.has("stop") && body.get("stop").isString()) {
      body.set("stop", Defined.JSON.createArrayNode().add(body.get("stop")));
    }
    for (JsonNode message : body.get("messages")) {
      var fields = (ObjectNode) message;
      if (Legal.is(message, "developer") || role(message).equals("developer")) {
        fields.put("role", "system"); // as the model's provider calls it
      }
      if (fields.has("content") && fields.get("content").isString()) {
        fields.set("content", text("text", fields.get("content")));
      }
      for (JsonNode call : fields.has("tool_calls") ? fields.get("tool_calls") : nothing()) {
        ((ObjectNode) call).remove("index");
      }
    }
    if (body.has("tools")) {
      apart((ArrayNode) body.get("tools"));
    }
    for (JsonNode tool : body.has("tools") ? body.get("tools") : nothing()) {
      if (tool.has("function") && !tool.get("function").has("parameters")) {
        ObjectNode schema = Defined.JSON.createObjectNode().put("type", "object");
        schema.putObject("properties");
        ((ObjectNode) tool.get("function")).set("parameters", schema);
      }
    }
  }

  private static void anthropic(ObjectNode body) {
    if (body.has("system")) {
      body.set("system", blocks(body.get("system")));
    }
    ArrayNode messages = Defined.JSON.createArrayNode();
    for (JsonNode message : body.get("messages")) {
      if (role(message).equals("system")) { // of a model that does not take them later
        ArrayNode all =
            body.has("system") ? (ArrayNode) body.get("system") : body.putArray("system");
        all.addAll(blocks(message.get("content")));
        continue;
      }
      ArrayNode content = blocks(message.get("content"));
      for (JsonNode block : content) {
        if (block.has("content") && Legal.is(block, "tool_result")) {
          ((ObjectNode) block).set("content", blocks(block.get("content")));
        }
      }
      JsonNode last = messages.isEmpty() ? null : messages.get(messages.size() - 1);
      if (last != null && role(last).equals(role(message))) {
        ((ArrayNode) last.get("content")).addAll(content); // neighbours are one turn
      } else {
        ((ObjectNode) message).set("content", content);
        messages.add(message);
      }
    }
    for (JsonNode message : messages) {
      resultsFirst((ArrayNode) message.get("content"));
    }
    body.set("messages", messages);
    for (JsonNode tool : body.has("tools") ? body.get("tools") : nothing()) {
      unsaid((ObjectNode) tool, "type", "\"custom\"");
    }
  }

  private static void resultsFirst(ArrayNode content) {
    var results = new ArrayList<JsonNode>();
    var others = new ArrayList<JsonNode>();
    content.forEach(block -> (Legal.is(block, "tool_result") ? results : others).add(block));
    content.removeAll().addAll(results).addAll(others);
  }

  private static void responses(ObjectNode body) {
    unsaid(body, "tool_choice", "\"auto\"");
    unsaid(body, "truncation", "\"disabled\"");
    unsaid(body, "service_tier", "\"auto\"");
    if (!body.has("store")) {
      body.put("store", false);
    }
    if (body.get("input").isString()) {
      ArrayNode input = Defined.JSON.createArrayNode();
      input
          .addObject()
          .put("type", "message")
          .put("role", "user")
          .set("content", text("input_text", body.get("input")));
      body.set("input", input);
    }
    if (body.has("instructions")) { // which are the first message, and the other way round
      ObjectNode first = Defined.JSON.createObjectNode().put("type", "message");
      first.put("role", "system").set("content", text("input_text", body.get("instructions")));
      ((ArrayNode) body.get("input")).insert(0, first);
      body.remove("instructions");
    }
    body.get("input").forEach(item -> item((ObjectNode) item));
    if (body.has("tools")) {
      functionsFirst((ArrayNode) body.get("tools"));
    }
    if (body.has("top_logprobs")) { // of no use alone
      if (!body.has("include")) {
        body.putArray("include");
      }
      ((ArrayNode) body.get("include")).add("message.output_text.logprobs");
    } else if (body.has("include")
        && body.get("include").toString().contains("message.output_text.logprobs")) {
      body.put("top_logprobs", 0);
    }
    if (body.has("include")) {
      var wanted = new ArrayList<JsonNode>();
      body.get("include").forEach(wanted::add);
      wanted.removeIf(one -> one.stringValue().equals("reasoning.encrypted_content"));
      ArrayNode include = (ArrayNode) body.get("include");
      include.removeAll().addAll(wanted.stream().distinct().sorted(BY_TEXT).toList());
      if (include.isEmpty()) {
        body.remove("include");
      }
    }
    for (String empty : List.of("text", "reasoning")) {
      if (body.has(empty)) {
        unsaid((ObjectNode) body.get(empty), "format", "{\"type\":\"text\"}");
      }
      unsaid(body, empty, "{}");
    }
  }

  private static final java.util.Comparator<JsonNode> BY_TEXT =
      java.util.Comparator.comparing(JsonNode::toString);

  /** Functions, then other tools. */
  private static void apart(ArrayNode tools) {
    var functions = new ArrayList<JsonNode>();
    var others = new ArrayList<JsonNode>();
    tools.forEach(tool -> (Legal.is(tool, "function") ? functions : others).add(tool));
    tools.removeAll().addAll(functions).addAll(others);
  }

  private static void functionsFirst(ArrayNode tools) {
    apart(tools);
    tools.forEach(tool -> {
      if (!Legal.is(tool, "function")) {
        return;
      }
      if (!tool.has("parameters")) {
        ObjectNode schema = ((ObjectNode) tool).putObject("parameters");
        schema.put("type", "object").putObject("properties");
      }
    });
  }

  private static void item(ObjectNode item) {
    boolean isOurs =
        !item.has("type")
            || List.of("message", "function_call", "function_call_output", "reasoning")
                .contains(item.get("type").stringValue());
    if (!isOurs) {
      return;
    }
    if (!item.has("type")) {
      item.put("type", "message");
    }
    item.remove("id"); // say nothing to a model
    item.remove("status");
    if (role(item).equals("developer")) {
      item.put("role", "system");
    }
    String kind = role(item).equals("assistant") ? "output_text" : "input_text";
    for (String field : List.of("content", "output")) {
      if (item.has(field) && item.get(field).isString()) {
        item.set(field, text(kind, item.get(field)));
      }
      for (JsonNode part : item.has(field) ? item.get(field) : nothing()) {
        if (List.of("input_text", "output_text").contains(part.path("type").asString())) {
          ((ObjectNode) part).put("type", kind); // as the role's are called
        }
        if (part.has("logprobs")) {
          ((ObjectNode) part).remove("logprobs");
        }
        if (Legal.is(part, "input_image") && !part.has("detail") && part.has("image_url")) {
          ((ObjectNode) part).put("detail", "auto");
        }
      }
    }
  }

  private static String role(JsonNode message) {
    return message.has("role") ? message.get("role").stringValue() : "";
  }

  private static JsonNode nothing() {
    return Defined.JSON.createArrayNode();
  }

  private static void rename(ObjectNode object, String from, String to) {
    if (object.has(from)) {
      object.set(to, object.get(from));
      object.remove(from);
    }
  }

  private static ArrayNode blocks(JsonNode content) {
    return content.isArray() ? (ArrayNode) content : text("text", content);
  }

  private static ArrayNode text(String type, JsonNode words) {
    ArrayNode parts = Defined.JSON.createArrayNode();
    parts.addObject().put("type", type).set("text", words);
    return parts;
  }
}

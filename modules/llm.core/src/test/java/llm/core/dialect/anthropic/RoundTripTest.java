package llm.core.dialect.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Random;
import llm.core.dialect.anthropic.upstream.MessagesRequestWriter;
import llm.core.dialect.anthropic.upstream.RequestTraits;
import llm.domain.chat.ChatRequest;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@DisplayName("P-2: a body of Anthropic's dialect reaches an Anthropic upstream whole")
class RoundTripTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int ROUNDS = 1_500;

  private final long seed = System.nanoTime();
  private Random random = new Random(seed);

  @Test
  void everyFieldThatTheDialectHasComesThrough() throws LlmException {
    for (int round = 0; round < ROUNDS; round++) {
      random = new Random(seed + round);
      ObjectNode body = body();
      ChatRequest request =
          MessagesReaderTest.read(body.toString(), Optional.of(Dialect.ANTHROPIC));
      byte[] written = MessagesRequestWriter.write(request, "m", false, RequestTraits.COMMON);
      assertThat(plain(JSON.readTree(written)))
          .as("seed " + (seed + round) + ": " + body)
          .isEqualTo(plain(JSON.readTree(body.toString())));
    }
  }

  /** A text stands for one block of text, and neighbours of one speaker for one message. */
  private static JsonNode plain(JsonNode read) {
    var body = (ObjectNode) read;
    if (body.has("system")) {
      body.set("system", blocks(body.get("system")));
    }
    ArrayNode messages = JSON.createArrayNode();
    for (JsonNode message : body.get("messages")) {
      ArrayNode content = blocks(message.get("content"));
      for (JsonNode block : content) {
        if (block.has("content")) {
          ((ObjectNode) block).set("content", blocks(block.get("content")));
        }
        ((ObjectNode) block).remove("caller"); // direct, as without it
      }
      JsonNode last = messages.isEmpty() ? null : messages.get(messages.size() - 1);
      if (last != null && last.get("role").equals(message.get("role"))) {
        ((ArrayNode) last.get("content")).addAll(content);
      } else {
        ObjectNode copy = JSON.createObjectNode();
        copy.set("role", message.get("role"));
        copy.set("content", content);
        messages.add(copy);
      }
    }
    body.set("messages", messages);
    return body;
  }

  private static ArrayNode blocks(JsonNode content) {
    if (content.isArray()) {
      return (ArrayNode) content;
    }
    ArrayNode blocks = JSON.createArrayNode();
    blocks.addObject().put("type", "text").put("text", content.stringValue());
    return blocks;
  }

  private ObjectNode body() {
    ObjectNode body = JSON.createObjectNode();
    body.put("model", "m").put("max_tokens", 1 + random.nextInt(9_000));
    if (sometimes()) {
      body.put("system", "be kind");
    } else if (sometimes()) {
      cached(body.putArray("system").addObject().put("type", "text").put("text", "s"));
    }
    maybe(body, "temperature", "0.5");
    maybe(body, "top_p", "0.25");
    maybe(body, "top_k", "3");
    maybe(body, "stop_sequences", "[\"a\",\"b\"]");
    maybe(body, "metadata", "{\"user_id\":\"u\"}");
    maybe(body, "service_tier", "\"standard_only\"");
    maybe(body, "container", "\"c\"");
    maybe(body, "mcp_servers", "[{\"type\":\"url\",\"name\":\"n\",\"url\":\"https://x\"}]");
    maybe(body, "context_management", "{\"edits\":[]}");
    maybe(body, "something_new", "[1.50,null]");
    maybe(body, "thinking", thinking());
    maybe(
        body,
        "output_config",
        "{\"effort\":\"low\",\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}");
    if (sometimes()) {
      tools(body);
    }
    ArrayNode messages = body.putArray("messages");
    int turns = random.nextInt(3);
    for (int i = 0; i < turns; i++) {
      user(messages.addObject().put("role", "user"), i > 0);
      assistant(messages.addObject().put("role", "assistant"));
    }
    user(messages.addObject().put("role", "user"), turns > 0);
    return body;
  }

  private String thinking() {
    String[] all = {
      "{\"type\":\"disabled\"}",
      "{\"type\":\"adaptive\",\"display\":\"omitted\"}",
      "{\"type\":\"enabled\",\"budget_tokens\":1024}",
      "{\"type\":\"between_tools\"}"
    };
    return all[random.nextInt(all.length)];
  }

  private void tools(ObjectNode body) {
    ArrayNode tools = body.putArray("tools");
    ObjectNode tool = tools.addObject().put("name", "f");
    maybe(tool, "description", "\"d\"");
    maybe(tool, "strict", "true");
    maybe(tool, "input_examples", "[{\"a\":1}]");
    maybe(tool, "allowed_callers", "[\"direct\"]");
    tool.putObject("input_schema").put("type", "object").putObject("properties");
    cached(tool);
    if (sometimes()) {
      tools.addObject().put("type", "web_search_20250305").put("name", "web_search");
    }
    String[] choices = {
      "{\"type\":\"any\"}",
      "{\"type\":\"none\"}",
      "{\"type\":\"tool\",\"name\":\"f\",\"disable_parallel_tool_use\":true}",
      "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}"
    };
    maybe(body, "tool_choice", choices[random.nextInt(choices.length)]);
  }

  private void user(ObjectNode message, boolean results) {
    if (sometimes()) {
      message.put("content", "hi " + random.nextInt());
      return;
    }
    ArrayNode content = message.putArray("content");
    if (results && sometimes()) {
      ObjectNode result = content.addObject().put("type", "tool_result").put("tool_use_id", "c");
      maybe(result, "is_error", "true");
      maybe(result, "content", "\"words\"");
      cached(result);
    }
    cached(content.addObject().put("type", "text").put("text", "see"));
    if (sometimes()) {
      ObjectNode image = content.addObject().put("type", "image");
      image.set(
          "source",
          JSON.readTree(
              sometimes()
                  ? "{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AA==\"}"
                  : sometimes()
                      ? "{\"type\":\"url\",\"url\":\"https://x.example/\"}"
                      : "{\"type\":\"file\",\"file_id\":\"f\"}"));
      cached(image);
    }
    if (sometimes()) {
      cached(
          content
              .addObject()
              .put("type", "document")
              .put("title", "t")
              .set("source", JSON.readTree("{\"type\":\"url\",\"url\":\"https://x\"}")));
    }
  }

  private void assistant(ObjectNode message) {
    ArrayNode content = message.putArray("content");
    int blocks = 1 + random.nextInt(5);
    for (int i = 0; i < blocks; i++) {
      ObjectNode block = content.addObject();
      switch (random.nextInt(5)) {
        case 0 -> block.put("type", "thinking").put("thinking", "t" + i).put("signature", "s");
        case 1 -> block.put("type", "redacted_thinking").put("data", "d" + i);
        case 2 -> cached(block.put("type", "text").put("text", "a" + i));
        case 3 -> block.put("type", "server_tool_use").put("id", "s").put("name", "web_search");
        default -> {
          block.put("type", "tool_use").put("id", "c" + i).put("name", "f");
          block.putObject("input").put("x", i);
          maybe(block, "caller", "{\"type\":\"direct\"}");
          cached(block);
        }
      }
    }
  }

  private void cached(JsonNode object) {
    maybe((ObjectNode) object, "cache_control", "{\"type\":\"ephemeral\",\"ttl\":\"1h\"}");
  }

  private void maybe(ObjectNode object, String field, String json) {
    if (sometimes()) {
      object.set(field, JSON.readTree(json));
    }
  }

  private boolean sometimes() {
    return random.nextInt(3) == 0;
  }
}

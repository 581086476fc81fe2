package llm.core.dialect.anthropic;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a client of the Messages dialect takes for a stream: {@code message_start}, blocks one after
 * another with the deltas of their kind, {@code message_delta}, {@code message_stop}; {@code ping}
 * anywhere; {@code error} anywhere, and nothing after it. Puts the message together meanwhile.
 */
final class EventGrammar {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  final List<String> thoughts = new ArrayList<>();
  final List<String> signatures = new ArrayList<>();
  final List<String> texts = new ArrayList<>();
  final List<String> calls = new ArrayList<>(); // id, name and arguments
  final List<String> hidden = new ArrayList<>();
  JsonNode messageStart;
  JsonNode messageDelta;
  JsonNode error;
  boolean stopped;
  private int blocks;
  private JsonNode open;
  private final StringBuilder content = new StringBuilder();
  private String signature = "";

  static EventGrammar read(String stream) {
    var grammar = new EventGrammar();
    if (!stream.isEmpty() && !stream.endsWith("\n\n")) {
      throw new AssertionError("cut off: " + stream);
    }
    for (String frame : stream.split("\n\n")) {
      if (!frame.isEmpty()) {
        grammar.frame(frame);
      }
    }
    return grammar;
  }

  private void frame(String frame) {
    String[] lines = frame.split("\n");
    require(lines.length == 2 && lines[0].startsWith("event: "), frame);
    require(lines[1].startsWith("data: "), frame);
    JsonNode data = JSON.readTree(lines[1].substring("data: ".length()));
    String type = data.get("type").stringValue();
    require(lines[0].equals("event: " + type), frame);
    require(error == null && !stopped, "after the end: " + frame);
    switch (type) {
      case "ping" -> require(messageStart != null, frame);
      case "message_start" -> {
        require(messageStart == null, frame);
        messageStart = data.get("message");
        require(messageStart.get("content").isEmpty(), frame);
      }
      case "content_block_start" -> start(data, frame);
      case "content_block_delta" -> delta(data, frame);
      case "content_block_stop" -> stop(data, frame);
      case "message_delta" -> {
        require(open == null && messageDelta == null && messageStart != null, frame);
        messageDelta = data;
      }
      case "message_stop" -> {
        require(messageDelta != null, frame);
        stopped = true;
      }
      case "error" -> {
        error = data.get("error");
        require(data.get("request_id").isString(), frame);
      }
      default -> throw new AssertionError(frame);
    }
  }

  private void start(JsonNode data, String frame) {
    require(messageStart != null && messageDelta == null && open == null, frame);
    require(data.get("index").intValue() == blocks, frame);
    open = data.get("content_block");
    content.setLength(0);
    signature = "";
  }

  private void delta(JsonNode data, String frame) {
    require(open != null && data.get("index").intValue() == blocks, frame);
    JsonNode delta = data.get("delta");
    switch (open.get("type").stringValue() + " " + delta.get("type").stringValue()) {
      case "text text_delta" -> content.append(delta.get("text").stringValue());
      case "thinking thinking_delta" -> content.append(delta.get("thinking").stringValue());
      case "thinking signature_delta" -> signature = delta.get("signature").stringValue();
      case "tool_use input_json_delta" -> content.append(delta.get("partial_json").stringValue());
      default -> throw new AssertionError(frame);
    }
  }

  private void stop(JsonNode data, String frame) {
    require(open != null && data.get("index").intValue() == blocks, frame);
    switch (open.get("type").stringValue()) {
      case "text" -> texts.add(content.toString());
      case "thinking" -> {
        thoughts.add(content.toString());
        signatures.add(signature);
      }
      case "redacted_thinking" -> hidden.add(open.get("data").stringValue());
      case "tool_use" ->
          calls.add(
              open.get("id").stringValue() + " " + open.get("name").stringValue() + " " + content);
      default -> throw new AssertionError(frame);
    }
    open = null;
    blocks++;
  }

  private static void require(boolean holds, String frame) {
    if (!holds) {
      throw new AssertionError("not as the dialect has it: " + frame);
    }
  }
}

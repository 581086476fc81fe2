package llm.server.matrix;

import static llm.server.matrix.Json.object;
import static llm.server.matrix.Shape.FLAG;
import static llm.server.matrix.Shape.NUMBER;
import static llm.server.matrix.Shape.SCHEMA;
import static llm.server.matrix.Shape.TEXT;
import static llm.server.matrix.Shape.WHOLE;
import static llm.server.matrix.Shape.by;
import static llm.server.matrix.Shape.either;
import static llm.server.matrix.Shape.list;
import static llm.server.matrix.Shape.words;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llm.core.testkit.Received;

/** Messages, by the types of npm {@code @anthropic-ai/sdk} (MessageCreateParams). */
record AnthropicVendor() implements Vendor {
  private static final Shape TEXT_BLOCK = Shape.object("type!", words("text"), "text!", TEXT);
  private static final Shape SOURCE =
      by(
          "type",
          Map.of(
              "url",
              Shape.object("type!", TEXT, "url!", TEXT),
              "base64",
              Shape.object(
                  "type!",
                  TEXT,
                  "media_type!",
                  words("image/jpeg", "image/png", "image/gif", "image/webp"),
                  "data!",
                  TEXT)));
  private static final Shape IMAGE = Shape.object("type!", TEXT, "source!", SOURCE);
  private static final Shape RESULT =
      Shape.object(
          "type!",
          TEXT,
          "tool_use_id!",
          TEXT,
          "content",
          either(TEXT, list(by("type", Map.of("text", TEXT_BLOCK, "image", IMAGE)))),
          "is_error",
          FLAG);
  private static final Shape USER_BLOCK =
      by("type", Map.of("text", TEXT_BLOCK, "image", IMAGE, "tool_result", RESULT));
  private static final Shape ASSISTANT_BLOCK =
      by(
          "type",
          Map.of(
              "text",
              TEXT_BLOCK,
              "thinking",
              Shape.object("type!", TEXT, "thinking!", TEXT, "signature!", TEXT),
              "tool_use",
              Shape.object("type!", TEXT, "id!", TEXT, "name!", TEXT, "input!", SCHEMA)));
  private static final Shape REQUEST =
      Shape.object(
          "model!",
          words("claude-opus-4-6"),
          "max_tokens!",
          WHOLE,
          "system",
          either(TEXT, list(TEXT_BLOCK)),
          "messages!",
          list(
              by(
                  "role",
                  Map.of(
                      "user",
                      Shape.object("role!", TEXT, "content!", either(TEXT, list(USER_BLOCK))),
                      "assistant",
                      Shape.object(
                          "role!", TEXT, "content!", either(TEXT, list(ASSISTANT_BLOCK)))))),
          "tools",
          list(
              Shape.object(
                  "name!", TEXT, "description", TEXT, "input_schema!", SCHEMA, "strict", FLAG)),
          "tool_choice",
          by(
              "type",
              Map.of("auto", Shape.object("type!", TEXT, "disable_parallel_tool_use", FLAG))),
          "thinking",
          by("type", Map.of("adaptive", Shape.object("type!", TEXT))),
          "output_config",
          Shape.object(
              "effort",
              words("low", "medium", "high", "xhigh", "max"),
              "format",
              Shape.object("type!", words("json_schema"), "schema!", SCHEMA)),
          "stop_sequences",
          list(TEXT),
          "temperature",
          NUMBER,
          "stream",
          FLAG);

  @Override
  public String path() {
    return "/v1/messages";
  }

  @Override
  public List<String> headProblems(Received request) {
    boolean right =
        request.header("x-api-key").equals(Optional.of("sk-test"))
            && request.header("anthropic-version").equals(Optional.of("2023-06-01"))
            && request.header("authorization").isEmpty();
    return right ? List.of() : List.of("no key or no version: " + request.headerLines());
  }

  @Override
  public String proves() {
    return "anthropic";
  }

  @Override
  public List<String> problems(Object body) {
    return REQUEST.problems(body);
  }

  @Override
  public Wish read(Object body) {
    var said = new ArrayList<Said>();
    Object system = Json.at(body, "system");
    if (system instanceof String text) {
      said.add(new Said.System(text));
    } else {
      Json.list(system).forEach(block -> said.add(new Said.System(Json.text(block, "text"))));
    }
    for (Object message : Json.list(Json.at(body, "messages"))) {
      boolean user = Json.text(message, "role").equals("user");
      if (Json.at(message, "content") instanceof String text) {
        said.add(user ? new Said.User(text) : new Said.Assistant(text));
      } else {
        Json.list(Json.at(message, "content")).forEach(block -> said.add(block(block, user)));
      }
    }
    var tools =
        Json.list(Json.at(body, "tools")).stream()
            .map(tool ->
                new Wish.Tool(
                    Json.text(tool, "name"),
                    Json.text(tool, "description"),
                    Json.at(tool, "input_schema")))
            .toList();
    return new Wish(
        said,
        tools,
        Optional.ofNullable((Boolean) Json.at(body, "tool_choice.disable_parallel_tool_use"))
            .map(disabled -> !disabled),
        Optional.ofNullable(Json.at(body, "output_config.format.schema")),
        Optional.ofNullable((String) Json.at(body, "output_config.effort")),
        Json.list(Json.at(body, "stop_sequences")).stream().map(String.class::cast).toList(),
        Optional.ofNullable((Long) Json.at(body, "max_tokens")),
        Optional.ofNullable((Number) Json.at(body, "temperature")).map(Number::doubleValue));
  }

  private static Said block(Object block, boolean user) {
    return switch (Json.text(block, "type")) {
      case "text" ->
          user
              ? new Said.User(Json.text(block, "text"))
              : new Said.Assistant(Json.text(block, "text"));
      case "image" -> new Said.Picture(picture(block));
      case "thinking" ->
          new Said.Thought(Json.text(block, "thinking"), Json.text(block, "signature"));
      case "tool_use" ->
          new Said.Call(Json.text(block, "id"), Json.text(block, "name"), Json.at(block, "input"));
      default -> result(block);
    };
  }

  private static Said result(Object block) {
    Object content = Json.at(block, "content");
    var text = new StringBuilder(content instanceof String all ? all : "");
    Optional<String> picture = Optional.empty();
    if (!(content instanceof String)) {
      for (Object part : Json.list(content)) {
        if (Json.text(part, "type").equals("text")) {
          text.append(Json.text(part, "text"));
        } else {
          picture = Optional.of(picture(part));
        }
      }
    }
    return new Said.Result(
        Json.text(block, "tool_use_id"),
        text.toString(),
        picture,
        Boolean.TRUE.equals(Json.at(block, "is_error")));
  }

  private static String picture(Object block) {
    Object source = Json.at(block, "source");
    return Json.text(source, "type").equals("url")
        ? Json.text(source, "url")
        : "data:" + Json.text(source, "media_type") + ";base64," + Json.text(source, "data");
  }

  @Override
  public Wish takes(Wish wish) {
    return wish.each(said ->
            said instanceof Said.Thought(String _, String proof) && proof.isEmpty()
                ? Stream.empty()
                : Stream.of(said))
        .withParallel(wish.parallel().filter(many -> !many));
  }

  @Override
  public Told says(Told told) {
    Told.Counts all = told.counts();
    return told.withCounts(
        new Told.Counts(
            all.prompt(), all.cached(), all.written(), all.completion(), all.thoughts()));
  }

  @Override
  public String error(int status, String type, String message) {
    return Json.print(
        object(
            "type",
            "error",
            "error",
            object("type", type, "message", message),
            "request_id",
            "req_1"));
  }

  @Override
  public String failure() {
    return Vendor.event(
        object(
            "type", "error", "error", object("type", "overloaded_error", "message", "Overloaded")));
  }

  @Override
  public String tooLong() {
    return error(
        400, "invalid_request_error", "prompt is too long: 130000 tokens > 128000 maximum");
  }

  private static String reason(Told told) {
    return switch (told.end()) {
      case "stop" -> "end_turn";
      case "length" -> "max_tokens";
      case "tool_calls" -> "tool_use";
      case "content_filter" -> "refusal";
      default -> told.end();
    };
  }

  private static Map<String, Object> usage(Told.Counts counts) {
    Map<String, Object> usage =
        object(
            "input_tokens",
            counts.prompt() - counts.cached() - counts.written(),
            "cache_creation_input_tokens",
            counts.written(),
            "cache_read_input_tokens",
            counts.cached(),
            "output_tokens",
            counts.completion());
    if (counts.thoughts() > 0) {
      usage.put("output_tokens_details", object("thinking_tokens", counts.thoughts()));
    }
    return usage;
  }

  private static List<Map<String, Object>> blocks(Told told) {
    var blocks = new ArrayList<Map<String, Object>>();
    if (!told.thoughts().isEmpty()) {
      blocks.add(
          object("type", "thinking", "thinking", told.thoughts(), "signature", told.signature()));
    }
    if (!told.text().isEmpty()) {
      blocks.add(object("type", "text", "text", told.text()));
    }
    for (Said.Call call : told.calls()) {
      blocks.add(
          object(
              "type", "tool_use", "id", call.id(), "name", call.name(), "input", call.arguments()));
    }
    return blocks;
  }

  private static Map<String, Object> message(Object content, String reason, String sequence) {
    Map<String, Object> message =
        object(
            "id",
            "msg_1",
            "type",
            "message",
            "role",
            "assistant",
            "model",
            "claude-opus-4-6",
            "content",
            content);
    message.put("stop_reason", reason);
    message.put("stop_sequence", sequence.isEmpty() ? null : sequence);
    return message;
  }

  @Override
  public String whole(Told told) {
    Map<String, Object> message = message(blocks(told), reason(told), told.stopSequence());
    message.put("usage", usage(told.counts()));
    return Json.print(message);
  }

  @Override
  public List<String> events(Told told) {
    var events = new ArrayList<String>();
    Map<String, Object> begun = message(List.of(), null, "");
    Told.Counts all = told.counts();
    begun.put("usage", usage(new Told.Counts(all.prompt(), all.cached(), all.written(), 1, 0)));
    events.add(Vendor.event(object("type", "message_start", "message", begun)));
    events.add(Vendor.event(object("type", "ping")));
    List<Map<String, Object>> blocks = blocks(told);
    for (int i = 0; i < blocks.size(); i++) {
      block((long) i, blocks.get(i), events);
      events.add(Vendor.event(object("type", "ping")));
    }
    Map<String, Object> delta = object("stop_reason", reason(told));
    delta.put("stop_sequence", told.stopSequence().isEmpty() ? null : told.stopSequence());
    Map<String, Object> usage = object("output_tokens", all.completion());
    if (all.thoughts() > 0) {
      usage.put("output_tokens_details", object("thinking_tokens", all.thoughts()));
    }
    events.add(Vendor.event(object("type", "message_delta", "delta", delta, "usage", usage)));
    events.add(Vendor.event(object("type", "message_stop")));
    return events;
  }

  private static void block(long index, Map<String, Object> block, List<String> events) {
    var empty = new LinkedHashMap<>(block);
    var deltas = new ArrayList<Map<String, Object>>();
    switch ((String) block.get("type")) {
      case "text" -> {
        empty.put("text", "");
        Vendor.halves((String) block.get("text"))
            .forEach(half -> deltas.add(object("type", "text_delta", "text", half)));
      }
      case "thinking" -> {
        empty.put("thinking", "");
        empty.put("signature", "");
        Vendor.halves((String) block.get("thinking"))
            .forEach(half -> deltas.add(object("type", "thinking_delta", "thinking", half)));
        deltas.add(object("type", "signature_delta", "signature", block.get("signature")));
      }
      default -> {
        empty.put("input", object());
        deltas.add(object("type", "input_json_delta", "partial_json", ""));
        Vendor.halves(Json.print(block.get("input")))
            .forEach(half -> deltas.add(object("type", "input_json_delta", "partial_json", half)));
      }
    }
    events.add(
        Vendor.event(
            object("type", "content_block_start", "index", index, "content_block", empty)));
    for (Map<String, Object> delta : deltas) {
      events.add(
          Vendor.event(object("type", "content_block_delta", "index", index, "delta", delta)));
    }
    events.add(Vendor.event(object("type", "content_block_stop", "index", index)));
  }
}

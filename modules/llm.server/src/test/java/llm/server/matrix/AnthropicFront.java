package llm.server.matrix;

import static llm.server.matrix.Front.require;
import static llm.server.matrix.Json.object;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Anthropic's Messages. */
record AnthropicFront() implements Front {
  @Override
  public String path(boolean stream) {
    return "/v1/messages";
  }

  @Override
  public Map<String, Object> body(Wish wish, String model, boolean stream) {
    Map<String, Object> body = object("model", model, "max_tokens", wish.most().orElseThrow());
    if (stream) {
      body.put("stream", true);
    }
    var messages = new ArrayList<Map<String, Object>>();
    for (List<Said> turn : Front.turns(wish.said())) {
      if (turn.getFirst() instanceof Said.System(String text)) {
        body.put("system", text);
      } else {
        message(turn, messages);
      }
    }
    body.put("messages", messages);
    if (!wish.tools().isEmpty()) {
      body.put(
          "tools",
          wish.tools().stream()
              .map(tool ->
                  object(
                      "name",
                      tool.name(),
                      "description",
                      tool.description(),
                      "input_schema",
                      tool.parameters()))
              .toList());
    }
    wish.parallel()
        .ifPresent(many ->
            body.put("tool_choice", object("type", "auto", "disable_parallel_tool_use", !many)));
    if (wish.schema().isPresent() || wish.effort().isPresent()) {
      Map<String, Object> config = object("effort", wish.effort().orElse(null));
      wish.schema()
          .ifPresent(
              schema -> config.put("format", object("type", "json_schema", "schema", schema)));
      body.put("output_config", config);
    }
    if (wish.effort().isPresent()) {
      body.put("thinking", object("type", "adaptive"));
    }
    if (!wish.stop().isEmpty()) {
      body.put("stop_sequences", wish.stop());
    }
    wish.temperature().ifPresent(chosen -> body.put("temperature", chosen));
    return body;
  }

  private static void message(List<Said> turn, List<Map<String, Object>> messages) {
    boolean assistant =
        turn.stream()
            .anyMatch(said ->
                !(said instanceof Said.User
                    || said instanceof Said.Picture
                    || said instanceof Said.Result));
    String role = assistant ? "assistant" : "user";
    if (messages.isEmpty() || !messages.getLast().get("role").equals(role)) {
      messages.add(object("role", role, "content", new ArrayList<>()));
    }
    turn.forEach(said -> Json.list(messages.getLast().get("content")).add(block(said)));
  }

  private static Map<String, Object> block(Said said) {
    return switch (said) {
      case Said.User(String text) -> object("type", "text", "text", text);
      case Said.Assistant(String text) -> object("type", "text", "text", text);
      case Said.Picture(String url) -> object("type", "image", "source", source(url));
      case Said.Thought(String text, String signature) ->
          object("type", "thinking", "thinking", text, "signature", signature);
      case Said.Call(String id, String name, Object arguments) ->
          object("type", "tool_use", "id", id, "name", name, "input", arguments);
      case Said.Result result -> {
        var content = new ArrayList<Object>();
        content.add(object("type", "text", "text", result.text()));
        result
            .picture()
            .ifPresent(url -> content.add(object("type", "image", "source", source(url))));
        yield object(
            "type",
            "tool_result",
            "tool_use_id",
            result.id(),
            "content",
            content,
            "is_error",
            result.failed() ? true : null);
      }
      case Said.System system -> throw new AssertionError(system);
    };
  }

  private static Map<String, Object> source(String url) {
    if (!url.startsWith("data:")) {
      return object("type", "url", "url", url);
    }
    return object(
        "type",
        "base64",
        "media_type",
        url.substring(5, url.indexOf(';')),
        "data",
        url.substring(url.indexOf(',') + 1));
  }

  @Override
  public Told tells(Told told) {
    boolean sequence = told.end().equals("stop") && !told.stopSequence().isEmpty();
    return sequence ? told.withEnd("stop_sequence", told.stopSequence()) : told;
  }

  @Override
  public Told whole(Object body) {
    require(Json.text(body, "type").equals("message"), "no message: " + body);
    return told(Json.list(Json.at(body, "content")), body, Json.at(body, "usage"));
  }

  private static Told told(List<Object> blocks, Object message, Object usage) {
    var thoughts = new StringBuilder();
    var text = new StringBuilder();
    String signature = "";
    var calls = new ArrayList<Said.Call>();
    for (Object block : blocks) {
      switch (Json.text(block, "type")) {
        case "thinking" -> {
          thoughts.append(Json.text(block, "thinking"));
          signature = Json.text(block, "signature");
        }
        case "text" -> text.append(Json.text(block, "text"));
        case "tool_use" ->
            calls.add(
                new Said.Call(
                    Json.text(block, "id"), Json.text(block, "name"), Json.at(block, "input")));
        default -> throw new AssertionError("what is this block: " + block);
      }
    }
    String reason = Json.text(message, "stop_reason");
    String end =
        switch (reason) {
          case "end_turn" -> "stop";
          case "max_tokens" -> "length";
          case "tool_use" -> "tool_calls";
          case "refusal" -> "content_filter";
          default -> reason;
        };
    long cached = Json.number(usage, "cache_read_input_tokens");
    long written = Json.number(usage, "cache_creation_input_tokens");
    var counts =
        new Told.Counts(
            Json.number(usage, "input_tokens") + cached + written,
            cached,
            written,
            Json.number(usage, "output_tokens"),
            Json.number(usage, "output_tokens_details.thinking_tokens"));
    String sequence = Json.text(message, "stop_sequence");
    return new Told(thoughts.toString(), signature, text.toString(), calls, end, sequence, counts);
  }

  @Override
  public Told stream(List<Event> events) {
    var blocks = new ArrayList<Object>();
    Object last = null;
    boolean open = false;
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      Object data = event.json();
      String type = Json.text(data, "type");
      require(type.equals(event.name()), "another name: " + event);
      require(type.equals("message_start") == (i == 0), "message_start: " + event);
      require(type.equals("message_stop") == (i == events.size() - 1), "its place: " + event);
      switch (type) {
        case "content_block_start" -> {
          require(!open && last == null, "no block may begin: " + event);
          require(Json.number(data, "index") == blocks.size(), "its number: " + event);
          open = true;
          blocks.add(new HashMap<>(Json.map(Json.at(data, "content_block"))));
          if (Json.text(blocks.getLast(), "type").equals("tool_use")) {
            require(Json.map(Json.at(blocks.getLast(), "input")).isEmpty(), "input: " + event);
            Json.map(blocks.getLast()).put("input", "");
          }
        }
        case "content_block_delta" -> {
          require(open && Json.number(data, "index") == blocks.size() - 1, "where: " + event);
          grow(Json.map(blocks.getLast()), Json.at(data, "delta"));
        }
        case "content_block_stop" -> {
          require(open && Json.number(data, "index") == blocks.size() - 1, "where: " + event);
          open = false;
          Map<String, Object> block = Json.map(blocks.getLast());
          if (block.get("input") instanceof String json) {
            block.put("input", Json.parse(json.isEmpty() ? "{}" : json));
          }
        }
        case "message_delta" -> {
          require(!open && last == null, "no end may come: " + event);
          last = data;
        }
        case "message_start", "message_stop", "ping" -> {}
        default -> throw new AssertionError("what is this: " + event);
      }
    }
    return told(blocks, Json.at(last, "delta"), Json.at(last, "usage"));
  }

  private static void grow(Map<String, Object> block, Object delta) {
    String field =
        switch (Json.text(delta, "type")) {
          case "text_delta" -> "text";
          case "thinking_delta" -> "thinking";
          case "signature_delta" -> "signature";
          case "input_json_delta" -> "partial_json";
          default -> throw new AssertionError("what is this: " + delta);
        };
    String place = field.equals("partial_json") ? "input" : field;
    require(block.containsKey(place), "a delta of another kind: " + block + delta);
    block.merge(place, Json.text(delta, field), (old, more) -> (String) old + more);
  }

  @Override
  public Error error(Object body) {
    require(Json.text(body, "type").equals("error"), "no error: " + body);
    return new Error(Json.text(body, "error.type"), Json.text(body, "error.message"));
  }

  @Override
  public Error lastError(List<Event> events) {
    return ChatFront.oneError(
        events, event -> event.name().equals("error") || event.name().equals("message_stop"), this);
  }

  /** Several calls at once are what happens anyway. */
  @Override
  public Wish says(Wish wish) {
    return wish.withParallel(wish.parallel().filter(many -> !many));
  }

  @Override
  public String proof(String dialect, String proof) {
    boolean isForeign = !proof.isEmpty() && !dialect.isEmpty() && !dialect.equals("anthropic");
    return isForeign ? "llm." + dialect + "." + proof : proof;
  }
}

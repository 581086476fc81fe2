package llm.server.matrix;

import static llm.server.matrix.Front.require;
import static llm.server.matrix.Json.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** OpenAI's Responses. */
record ResponsesFront() implements Front {
  @Override
  public String path(boolean stream) {
    return "/v1/responses";
  }

  @Override
  public Map<String, Object> body(Wish wish, String model, boolean stream) {
    Map<String, Object> body = object("model", model, "store", false);
    if (stream) {
      body.put("stream", true);
    }
    wish.most().ifPresent(most -> body.put("max_output_tokens", most));
    var input = new ArrayList<Object>();
    for (List<Said> turn : Front.turns(wish.said())) {
      if (turn.getFirst() instanceof Said.System(String text)) {
        body.put("instructions", text);
      } else if (turn.getFirst() instanceof Said.User || turn.getFirst() instanceof Said.Picture) {
        input.add(
            object("role", "user", "content", turn.stream().map(ResponsesFront::part).toList()));
      } else {
        turn.forEach(said -> input.add(item(said)));
      }
    }
    body.put("input", input);
    if (!wish.tools().isEmpty()) {
      body.put(
          "tools",
          wish.tools().stream()
              .map(tool ->
                  object(
                      "type",
                      "function",
                      "name",
                      tool.name(),
                      "description",
                      tool.description(),
                      "parameters",
                      tool.parameters(),
                      "strict",
                      false))
              .toList());
    }
    wish.parallel().ifPresent(many -> body.put("parallel_tool_calls", many));
    wish.schema()
        .ifPresent(schema ->
            body.put(
                "text",
                object(
                    "format",
                    object(
                        "type",
                        "json_schema",
                        "name",
                        "answer",
                        "schema",
                        schema,
                        "strict",
                        true))));
    wish.effort().ifPresent(effort -> body.put("reasoning", object("effort", effort)));
    wish.temperature().ifPresent(chosen -> body.put("temperature", chosen));
    return body;
  }

  private static Map<String, Object> part(Said said) {
    return switch (said) {
      case Said.User(String text) -> object("type", "input_text", "text", text);
      case Said.Picture(String url) ->
          object("type", "input_image", "image_url", url, "detail", "auto");
      default -> throw new AssertionError(said);
    };
  }

  private static Map<String, Object> item(Said said) {
    return switch (said) {
      case Said.Thought(String text, String signature) ->
          object(
              "type",
              "reasoning",
              "id",
              "rs_1",
              "summary",
              List.of(object("type", "summary_text", "text", text)),
              "encrypted_content",
              signature);
      case Said.Assistant(String text) ->
          object(
              "type",
              "message",
              "id",
              "msg_1",
              "status",
              "completed",
              "role",
              "assistant",
              "content",
              List.of(object("type", "output_text", "text", text, "annotations", List.of())));
      case Said.Call(String id, String name, Object arguments) ->
          object(
              "type",
              "function_call",
              "id",
              "fc_1",
              "call_id",
              id,
              "name",
              name,
              "arguments",
              Json.print(arguments),
              "status",
              "completed");
      case Said.Result(String id, String text, var picture, boolean _) ->
          object(
              "type",
              "function_call_output",
              "call_id",
              id,
              "output",
              picture
                  .<Object>map(
                      url -> List.of(part(new Said.User(text)), part(new Said.Picture(url))))
                  .orElse(text));
      default -> throw new AssertionError(said);
    };
  }

  @Override
  public Wish says(Wish wish) {
    return wish.each(said ->
        Stream.of(
            said instanceof Said.Result(String id, String text, var picture, boolean _)
                ? new Said.Result(id, text, picture, false)
                : said));
  }

  @Override
  public Told tells(Told told) {
    String end = told.end().equals("stop_sequence") ? "stop" : told.end();
    return told.withEnd(end, "");
  }

  @Override
  public Told whole(Object body) {
    require(Json.text(body, "object").equals("response"), "no response: " + body);
    var thoughts = new StringBuilder();
    var text = new StringBuilder();
    String proof = "";
    var calls = new ArrayList<Said.Call>();
    for (Object item : Json.list(Json.at(body, "output"))) {
      switch (Json.text(item, "type")) {
        case "reasoning" -> {
          thoughts.append(Json.text(item, "summary.0.text"));
          thoughts.append(Json.text(item, "content.0.text"));
          proof = Json.text(item, "encrypted_content");
        }
        case "message" -> text.append(Json.text(item, "content.0.text"));
        case "function_call" ->
            calls.add(
                new Said.Call(
                    Json.text(item, "call_id"),
                    Json.text(item, "name"),
                    Json.parse(Json.text(item, "arguments"))));
        default -> throw new AssertionError("what is this item: " + item);
      }
    }
    String end =
        switch (Json.text(body, "status")) {
          case "completed" -> calls.isEmpty() ? "stop" : "tool_calls";
          case "incomplete" -> Json.text(body, "incomplete_details.reason");
          default -> throw new AssertionError("no answer: " + body);
        };
    Object usage = Json.at(body, "usage");
    return new Told(
        thoughts.toString(),
        proof,
        text.toString(),
        calls,
        end.equals("max_output_tokens") ? "length" : end,
        "",
        new Told.Counts(
            Json.number(usage, "input_tokens"),
            Json.number(usage, "input_tokens_details.cached_tokens"),
            Json.number(usage, "input_tokens_details.cache_write_tokens"),
            Json.number(usage, "output_tokens"),
            Json.number(usage, "output_tokens_details.reasoning_tokens")));
  }

  @Override
  public Told stream(List<Event> events) {
    var thoughts = new StringBuilder();
    var text = new StringBuilder();
    var calls = new Calls();
    int open = 0;
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      Object data = event.json();
      require(Json.text(data, "type").equals(event.name()), "another name: " + event);
      require(Json.number(data, "sequence_number") == i, "its number: " + event);
      require(event.name().equals("response.created") == (i == 0), "its place: " + event);
      long place = Json.number(data, "output_index");
      switch (event.name()) {
        case "response.output_item.added" -> {
          open++;
          Object item = Json.at(data, "item");
          if (Json.text(item, "type").equals("function_call")) {
            calls.begin(place, Json.text(item, "call_id"), Json.text(item, "name"));
          }
        }
        case "response.output_item.done" -> open--;
        case "response.output_text.delta" -> text.append(Json.text(data, "delta"));
        case "response.reasoning_text.delta", "response.reasoning_summary_text.delta" ->
            thoughts.append(Json.text(data, "delta"));
        case "response.function_call_arguments.delta" -> calls.add(place, Json.text(data, "delta"));
        default -> require(event.name().startsWith("response."), "what is this: " + event);
      }
    }
    require(open == 0, open + " items are open: " + events);
    Told whole = whole(Json.at(events.getLast().json(), "response"));
    require(
        whole.text().contentEquals(text)
            && whole.thoughts().contentEquals(thoughts)
            && whole.calls().equals(calls.all()),
        "the events say otherwise than the whole: " + events);
    return whole;
  }

  @Override
  public Error error(Object body) {
    if (Json.text(body, "type").equals("response.failed")) {
      return new Error(
          Json.text(body, "response.error.code"), Json.text(body, "response.error.message"));
    }
    return new ChatFront().error(body);
  }

  @Override
  public Error lastError(List<Event> events) {
    return ChatFront.oneError(
        events,
        event ->
            List.of("error", "response.failed", "response.completed", "response.incomplete")
                .contains(event.name()),
        this);
  }

  @Override
  public String proof(String dialect, String proof) {
    boolean isForeign =
        !proof.isEmpty() && !dialect.isEmpty() && !dialect.equals("openai_responses");
    return isForeign ? "llm." + dialect + "." + proof : proof;
  }
}

package llm.server.matrix;

import static llm.server.matrix.Front.require;
import static llm.server.matrix.Json.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** OpenAI's Chat Completions. */
record ChatFront() implements Front {
  @Override
  public String path(boolean stream) {
    return "/v1/chat/completions";
  }

  @Override
  public Map<String, Object> body(Wish wish, String model, boolean stream) {
    Map<String, Object> body = object("model", model);
    if (stream) {
      body.put("stream", true);
      body.put("stream_options", object("include_usage", true));
    }
    wish.most().ifPresent(most -> body.put("max_completion_tokens", most));
    fill(wish, body);
    return body;
  }

  /** What our own dialect has, too. */
  static void fill(Wish wish, Map<String, Object> body) {
    body.put("messages", Front.turns(wish.said()).stream().map(ChatFront::message).toList());
    if (!wish.tools().isEmpty()) {
      body.put(
          "tools",
          wish.tools().stream()
              .map(tool ->
                  object(
                      "type",
                      "function",
                      "function",
                      object(
                          "name",
                          tool.name(),
                          "description",
                          tool.description(),
                          "parameters",
                          tool.parameters())))
              .toList());
    }
    wish.parallel().ifPresent(many -> body.put("parallel_tool_calls", many));
    wish.schema()
        .ifPresent(schema ->
            body.put(
                "response_format",
                object(
                    "type",
                    "json_schema",
                    "json_schema",
                    object("name", "answer", "schema", schema, "strict", true))));
    wish.effort().ifPresent(effort -> body.put("reasoning_effort", effort));
    if (!wish.stop().isEmpty()) {
      body.put("stop", wish.stop());
    }
    wish.temperature().ifPresent(chosen -> body.put("temperature", chosen));
  }

  private static Map<String, Object> message(List<Said> turn) {
    return switch (turn.getFirst()) {
      case Said.System(String text) -> object("role", "system", "content", text);
      case Said.Result result -> result(result);
      case Said.User(String text) when turn.size() == 1 -> object("role", "user", "content", text);
      case Said.User _, Said.Picture _ ->
          object("role", "user", "content", turn.stream().map(ChatFront::part).toList());
      case Said.Thought _, Said.Assistant _, Said.Call _ -> assistant(turn);
    };
  }

  private static Map<String, Object> result(Said.Result result) {
    Object content =
        result
            .picture()
            .<Object>map(
                url -> List.of(part(new Said.User(result.text())), part(new Said.Picture(url))))
            .orElse(result.text());
    return object("role", "tool", "tool_call_id", result.id(), "content", content);
  }

  private static Map<String, Object> part(Said said) {
    return switch (said) {
      case Said.User(String text) -> object("type", "text", "text", text);
      case Said.Picture(String url) -> object("type", "image_url", "image_url", object("url", url));
      default -> throw new AssertionError(said);
    };
  }

  private static Map<String, Object> assistant(List<Said> turn) {
    Map<String, Object> message = object("role", "assistant");
    message.put("content", null);
    var calls = new ArrayList<Object>();
    for (Said said : turn) {
      switch (said) {
        case Said.Thought(String text, String _) -> message.put("reasoning_content", text);
        case Said.Assistant(String text) -> message.put("content", text);
        case Said.Call(String id, String name, Object arguments) ->
            calls.add(
                object(
                    "id",
                    id,
                    "type",
                    "function",
                    "function",
                    object("name", name, "arguments", Json.print(arguments))));
        default -> throw new AssertionError(said);
      }
    }
    if (!calls.isEmpty()) {
      message.put("tool_calls", calls);
    }
    return message;
  }

  @Override
  public Wish says(Wish wish) {
    return wish.each(said ->
        Stream.of(
            switch (said) {
              case Said.Thought(String text, String _) -> new Said.Thought(text, "");
              case Said.Result(String id, String text, var picture, boolean _) ->
                  new Said.Result(id, text, picture, false);
              default -> said;
            }));
  }

  @Override
  public Told tells(Told told) {
    Told.Counts all = told.counts();
    return told.withThoughts(told.thoughts(), "")
        .withEnd(told.end().equals("stop_sequence") ? "stop" : told.end(), "")
        .withCounts(
            new Told.Counts(all.prompt(), all.cached(), 0, all.completion(), all.thoughts()));
  }

  @Override
  public Told whole(Object body) {
    require(Json.text(body, "object").equals("chat.completion"), "no completion: " + body);
    var calls = new ArrayList<Said.Call>();
    for (Object call : Json.list(Json.at(body, "choices.0.message.tool_calls"))) {
      calls.add(
          new Said.Call(
              Json.text(call, "id"),
              Json.text(call, "function.name"),
              Json.parse(Json.text(call, "function.arguments"))));
    }
    return new Told(
        Json.text(body, "choices.0.message.reasoning_content"),
        "",
        Json.text(body, "choices.0.message.content"),
        calls,
        Json.text(body, "choices.0.finish_reason"),
        "",
        counts(Json.at(body, "usage")));
  }

  static Told.Counts counts(Object usage) {
    long prompt = Json.number(usage, "prompt_tokens");
    long completion = Json.number(usage, "completion_tokens");
    require(Json.number(usage, "total_tokens") == prompt + completion, "wrong sum: " + usage);
    return new Told.Counts(
        prompt,
        Json.number(usage, "prompt_tokens_details.cached_tokens"),
        0,
        completion,
        Json.number(usage, "completion_tokens_details.reasoning_tokens"));
  }

  @Override
  public Told stream(List<Event> events) {
    require(events.getLast().data().equals("[DONE]"), "no [DONE]: " + events);
    var thoughts = new StringBuilder();
    var text = new StringBuilder();
    var calls = new Calls();
    String end = "";
    Optional<Object> usage = Optional.empty();
    String id = "";
    for (Event event : events.subList(0, events.size() - 1)) {
      Object chunk = event.json();
      require(event.name().isEmpty(), "a name: " + event);
      require(Json.text(chunk, "object").equals("chat.completion.chunk"), "no chunk: " + event);
      require(id.isEmpty() || id.equals(Json.text(chunk, "id")), "another id: " + event);
      boolean first = id.isEmpty();
      id = Json.text(chunk, "id");
      require(usage.isEmpty(), "a chunk behind the usage: " + event);
      if (Json.list(Json.at(chunk, "choices")).isEmpty()) {
        usage = Optional.of(Json.at(chunk, "usage"));
        continue;
      }
      require(end.isEmpty(), "a chunk behind the last one: " + event);
      Object delta = Json.at(chunk, "choices.0.delta");
      require(first == Json.text(delta, "role").equals("assistant"), "the role: " + event);
      thoughts.append(Json.text(delta, "reasoning_content"));
      text.append(Json.text(delta, "content"));
      for (Object call : Json.list(Json.at(delta, "tool_calls"))) {
        if (Json.at(call, "id") != null) {
          calls.begin(
              Json.number(call, "index"), Json.text(call, "id"), Json.text(call, "function.name"));
        }
        calls.add(Json.number(call, "index"), Json.text(call, "function.arguments"));
      }
      end = Json.text(chunk, "choices.0.finish_reason");
    }
    return new Told(
        thoughts.toString(),
        "",
        text.toString(),
        calls.all(),
        end,
        "",
        counts(usage.orElseThrow(() -> new AssertionError("no usage: " + events))));
  }

  @Override
  public Error error(Object body) {
    require(Json.map(Json.at(body, "error")).containsKey("param"), "no param: " + body);
    return new Error(
        Json.text(body, "error.type") + "/" + Json.text(body, "error.code"),
        Json.text(body, "error.param") + " " + Json.text(body, "error.message"));
  }

  @Override
  public Error lastError(List<Event> events) {
    return oneError(events, event -> event.data().startsWith("{\"error\""), this);
  }

  static Error oneError(
      List<Event> events, java.util.function.Predicate<Event> isError, Front front) {
    require(events.stream().filter(isError).count() == 1, "not one error: " + events);
    require(isError.test(events.getLast()), "something behind the error: " + events);
    return front.error(events.getLast().json());
  }
}

package llm.server.matrix;

import static llm.server.matrix.Json.object;
import static llm.server.matrix.Shape.FLAG;
import static llm.server.matrix.Shape.NONE;
import static llm.server.matrix.Shape.NUMBER;
import static llm.server.matrix.Shape.SCHEMA;
import static llm.server.matrix.Shape.TEXT;
import static llm.server.matrix.Shape.WHOLE;
import static llm.server.matrix.Shape.by;
import static llm.server.matrix.Shape.either;
import static llm.server.matrix.Shape.list;
import static llm.server.matrix.Shape.words;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Chat Completions, by the types of npm {@code openai} (ChatCompletionCreateParams), and the
 * servers that took it over.
 *
 * @param thoughtsOut the field in which an answer has its reasoning; empty: it has none
 * @param thoughtsBack the field in which reasoning goes back; empty: there is none
 * @param limit the field of the most tokens
 */
record ChatVendor(String thoughtsOut, String thoughtsBack, String limit) implements Vendor {
  static final ChatVendor OPENAI = new ChatVendor("", "", "max_completion_tokens");
  static final ChatVendor PLAIN = new ChatVendor("", "", "max_tokens");
  static final ChatVendor VLLM = new ChatVendor("reasoning_content", "reasoning", "max_tokens");
  static final ChatVendor DEEPSEEK =
      new ChatVendor("reasoning_content", "reasoning_content", "max_tokens");

  private static final Shape TEXT_PART = Shape.object("type!", words("text"), "text!", TEXT);
  private static final Shape TEXTS = either(TEXT, list(TEXT_PART));
  private static final Shape USER_PARTS =
      list(
          by(
              "type",
              Map.of(
                  "text",
                  TEXT_PART,
                  "image_url",
                  Shape.object(
                      "type!",
                      TEXT,
                      "image_url!",
                      Shape.object("url!", TEXT, "detail", words("auto", "low", "high"))))));
  private static final Shape CALL =
      Shape.object(
          "id!",
          TEXT,
          "type!",
          words("function"),
          "function!",
          Shape.object("name!", TEXT, "arguments!", TEXT));

  @Override
  public String path() {
    return "/v1/chat/completions";
  }

  @Override
  public List<String> problems(Object body) {
    Shape system = Shape.object("role!", TEXT, "content!", TEXTS, "name", TEXT);
    Shape assistant =
        thoughtsBack.isEmpty()
            ? Shape.object(
                "role!",
                TEXT,
                "content",
                either(TEXTS, NONE),
                "tool_calls",
                list(CALL),
                "name",
                TEXT)
            : Shape.object(
                "role!",
                TEXT,
                "content",
                either(TEXTS, NONE),
                "tool_calls",
                list(CALL),
                thoughtsBack,
                TEXT);
    Shape message =
        by(
            "role",
            Map.of(
                "system",
                system,
                "developer",
                system,
                "user",
                Shape.object("role!", TEXT, "content!", either(TEXT, USER_PARTS), "name", TEXT),
                "assistant",
                assistant,
                "tool",
                Shape.object("role!", TEXT, "content!", TEXTS, "tool_call_id!", TEXT)));
    return request(message).problems(body);
  }

  private Shape request(Shape message) {
    Shape function =
        Shape.object("name!", TEXT, "description", TEXT, "parameters", SCHEMA, "strict", FLAG);
    Shape format =
        by(
            "type",
            Map.of(
                "json_object",
                Shape.object("type!", TEXT),
                "json_schema",
                Shape.object(
                    "type!",
                    TEXT,
                    "json_schema!",
                    Shape.object(
                        "name!", TEXT, "description", TEXT, "schema", SCHEMA, "strict", FLAG))));
    return Shape.object(
        "model!",
        words("gpt-5-mini", "m"),
        "messages!",
        list(message),
        "tools",
        list(Shape.object("type!", words("function"), "function!", function)),
        "parallel_tool_calls",
        FLAG,
        "response_format",
        format,
        "reasoning_effort",
        words("none", "minimal", "low", "medium", "high", "xhigh"),
        "stop",
        list(TEXT),
        "temperature",
        NUMBER,
        limit,
        WHOLE,
        "stream",
        FLAG,
        "stream_options",
        Shape.object("include_usage", FLAG));
  }

  @Override
  public Wish read(Object body) {
    var said = new ArrayList<Said>();
    Json.list(Json.at(body, "messages")).forEach(message -> message(message, said));
    var tools =
        Json.list(Json.at(body, "tools")).stream()
            .map(tool -> Json.at(tool, "function"))
            .map(tool ->
                new Wish.Tool(
                    Json.text(tool, "name"),
                    Json.text(tool, "description"),
                    Json.at(tool, "parameters")))
            .toList();
    return new Wish(
        said,
        tools,
        Optional.ofNullable((Boolean) Json.at(body, "parallel_tool_calls")),
        Optional.ofNullable(Json.at(body, "response_format.json_schema.schema")),
        Optional.ofNullable((String) Json.at(body, "reasoning_effort")),
        Json.list(Json.at(body, "stop")).stream().map(String.class::cast).toList(),
        Optional.ofNullable((Long) Json.at(body, limit)),
        Optional.ofNullable((Number) Json.at(body, "temperature")).map(Number::doubleValue));
  }

  private void message(Object message, List<Said> said) {
    Object content = Json.at(message, "content");
    switch (Json.text(message, "role")) {
      case "system", "developer" -> said.add(new Said.System(texts(content)));
      case "user" -> {
        if (content instanceof String text) {
          said.add(new Said.User(text));
        } else {
          for (Object part : Json.list(content)) {
            said.add(
                Json.text(part, "type").equals("text")
                    ? new Said.User(Json.text(part, "text"))
                    : new Said.Picture(Json.text(part, "image_url.url")));
          }
        }
      }
      case "assistant" -> {
        if (!thoughtsBack.isEmpty() && Json.at(message, thoughtsBack) != null) {
          said.add(new Said.Thought(Json.text(message, thoughtsBack), ""));
        }
        if (content != null && !texts(content).isEmpty()) {
          said.add(new Said.Assistant(texts(content)));
        }
        for (Object call : Json.list(Json.at(message, "tool_calls"))) {
          said.add(
              new Said.Call(
                  Json.text(call, "id"),
                  Json.text(call, "function.name"),
                  Json.parse(Json.text(call, "function.arguments"))));
        }
      }
      default ->
          said.add(
              new Said.Result(
                  Json.text(message, "tool_call_id"), texts(content), Optional.empty(), false));
    }
  }

  private static String texts(Object content) {
    if (content instanceof String text) {
      return text;
    }
    var all = new StringBuilder();
    Json.list(content).forEach(part -> all.append(Json.text(part, "text")));
    return all.toString();
  }

  /** Reasoning goes back within its turn; images of results follow as the user's. */
  @Override
  public Wish takes(Wish wish) {
    int turn = wish.said().stream().map(Said.User.class::isInstance).toList().lastIndexOf(true);
    var taken = new ArrayList<Said>();
    var pictures = new ArrayList<Said>();
    for (int i = 0; i < wish.said().size(); i++) {
      switch (wish.said().get(i)) {
        case Said.Thought(String text, String _) -> {
          if (!thoughtsBack.isEmpty() && i > turn) {
            taken.add(new Said.Thought(text, ""));
          }
        }
        case Said.Result(String id, String text, var picture, boolean _) -> {
          taken.add(new Said.Result(id, text, Optional.empty(), false));
          picture.ifPresent(url -> {
            pictures.add(new Said.User("Images in the result of tool call " + id + ":"));
            pictures.add(new Said.Picture(url));
          });
        }
        case Said.User user -> {
          taken.addAll(pictures);
          pictures.clear();
          taken.add(user);
        }
        case Said other -> taken.add(other);
      }
    }
    taken.addAll(pictures);
    return wish.withSaid(taken);
  }

  @Override
  public Told says(Told told) {
    Told.Counts all = told.counts();
    boolean thinks = !thoughtsOut.isEmpty();
    String end = told.end().equals("stop_sequence") ? "stop" : told.end();
    return told.withThoughts(thinks ? told.thoughts() : "", "")
        .withEnd(end, "")
        .withCounts(
            new Told.Counts(all.prompt(), all.cached(), 0, all.completion(), all.thoughts()));
  }

  @Override
  public String whole(Told told) {
    Map<String, Object> message = object("role", "assistant");
    message.put("content", told.text().isEmpty() ? null : told.text());
    if (!thoughtsOut.isEmpty() && !told.thoughts().isEmpty()) {
      message.put(thoughtsOut, told.thoughts());
    }
    message.put("refusal", null);
    if (!told.calls().isEmpty()) {
      message.put("tool_calls", told.calls().stream().map(call -> call(call)).toList());
    }
    Map<String, Object> choice = object("index", 0L, "message", message);
    choice.put("logprobs", null);
    choice.put("finish_reason", says(told).end());
    return Json.print(
        object(
            "id",
            "chatcmpl-1",
            "object",
            "chat.completion",
            "created",
            1_700_000_000L,
            "model",
            "gpt-5-mini-2025-08-07",
            "choices",
            List.of(choice),
            "usage",
            usage(told.counts()),
            "service_tier",
            "default"));
  }

  private static Map<String, Object> call(Said.Call call) {
    return object(
        "id",
        call.id(),
        "type",
        "function",
        "function",
        object("name", call.name(), "arguments", Json.print(call.arguments())));
  }

  private static Map<String, Object> usage(Told.Counts counts) {
    return object(
        "prompt_tokens",
        counts.prompt(),
        "completion_tokens",
        counts.completion(),
        "total_tokens",
        counts.prompt() + counts.completion(),
        "prompt_tokens_details",
        object("cached_tokens", counts.cached(), "audio_tokens", 0L),
        "completion_tokens_details",
        object("reasoning_tokens", counts.thoughts(), "audio_tokens", 0L));
  }

  @Override
  public List<String> events(Told told) {
    var events = new ArrayList<String>();
    events.add(": OPENROUTER PROCESSING\n\n");
    events.add(chunk(object("role", "assistant", "content", "")));
    if (!thoughtsOut.isEmpty() && !told.thoughts().isEmpty()) {
      Vendor.halves(told.thoughts()).forEach(half -> events.add(chunk(object(thoughtsOut, half))));
    }
    if (!told.text().isEmpty()) {
      Vendor.halves(told.text()).forEach(half -> events.add(chunk(object("content", half))));
    }
    for (int i = 0; i < told.calls().size(); i++) {
      Map<String, Object> call = call(told.calls().get(i));
      Json.map(call.get("function")).put("arguments", "");
      Map<String, Object> numbered = object("index", (long) i);
      numbered.putAll(call);
      events.add(chunk(object("tool_calls", List.of(numbered))));
    }
    for (int half = 0; half < 2; half++) { // the calls' arguments by turns
      for (int i = 0; i < told.calls().size(); i++) {
        String part = Vendor.halves(Json.print(told.calls().get(i).arguments())).get(half);
        events.add(
            chunk(
                object(
                    "tool_calls",
                    List.of(object("index", (long) i, "function", object("arguments", part))))));
      }
    }
    events.add(": keep-alive\n\n");
    events.add(chunk(object(), says(told).end()));
    Map<String, Object> last = frame(List.of());
    last.put("usage", usage(told.counts()));
    events.add(Vendor.data(last));
    events.add("data: [DONE]\n\n");
    return events;
  }

  private static String chunk(Map<String, Object> delta) {
    return chunk(delta, null);
  }

  private static String chunk(Map<String, Object> delta, String finish) {
    Map<String, Object> choice = object("index", 0L, "delta", delta);
    choice.put("logprobs", null);
    choice.put("finish_reason", finish);
    Map<String, Object> frame = frame(List.of(choice));
    frame.put("usage", null);
    return Vendor.data(frame);
  }

  private static Map<String, Object> frame(List<Object> choices) {
    return object(
        "id",
        "chatcmpl-1",
        "object",
        "chat.completion.chunk",
        "created",
        1_700_000_000L,
        "model",
        "gpt-5-mini-2025-08-07",
        "choices",
        choices);
  }
}

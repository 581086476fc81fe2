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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Responses, by the types of npm {@code openai} (ResponseCreateParams). */
record ResponsesVendor() implements Vendor {
  private static final Shape INPUT_TEXT = Shape.object("type!", TEXT, "text!", TEXT);
  private static final Shape INPUT_IMAGE =
      Shape.object(
          "type!", TEXT, "image_url!", TEXT, "detail!", words("low", "high", "auto", "original"));
  private static final Shape CONTENT =
      either(TEXT, list(by("type", Map.of("input_text", INPUT_TEXT, "input_image", INPUT_IMAGE))));
  private static final Shape ANSWERED =
      either(
          TEXT,
          list(by("type", Map.of("output_text", Shape.object("type!", TEXT, "text!", TEXT)))));
  private static final Shape SAID = Shape.object("type", TEXT, "role!", TEXT, "content!", CONTENT);
  private static final Shape MESSAGE =
      by(
          "role",
          Map.of(
              "user",
              SAID,
              "system",
              SAID,
              "developer",
              SAID,
              "assistant",
              Shape.object("type", TEXT, "role!", TEXT, "content!", ANSWERED)));
  private static final Shape ITEM =
      by(
          "type",
          Map.of(
              "message",
              MESSAGE,
              "function_call",
              Shape.object(
                  "type!", TEXT, "call_id!", TEXT, "name!", TEXT, "arguments!", TEXT, "id", TEXT),
              "function_call_output",
              Shape.object("type!", TEXT, "call_id!", TEXT, "output!", CONTENT),
              "reasoning",
              Shape.object(
                  "type!",
                  TEXT,
                  "id",
                  TEXT,
                  "summary!",
                  Shape.anyOf(Shape.object("type!", words("summary_text"), "text!", TEXT)),
                  "encrypted_content",
                  TEXT)));
  private static final Shape REQUEST =
      Shape.object(
          "model!",
          words("gpt-5-mini"),
          "input!",
          list(ITEM),
          "instructions",
          TEXT,
          "max_output_tokens",
          WHOLE,
          "tools",
          list(
              Shape.object(
                  "type!",
                  words("function"),
                  "name!",
                  TEXT,
                  "description",
                  TEXT,
                  "parameters!",
                  SCHEMA,
                  "strict!",
                  FLAG)),
          "parallel_tool_calls",
          FLAG,
          "text",
          Shape.object(
              "format",
              Shape.object(
                  "type!",
                  words("json_schema"),
                  "name!",
                  TEXT,
                  "description",
                  TEXT,
                  "schema!",
                  SCHEMA,
                  "strict",
                  FLAG)),
          "reasoning",
          Shape.object(
              "effort",
              words("none", "minimal", "low", "medium", "high", "xhigh", "max"),
              "summary",
              words("auto", "concise", "detailed")),
          "include",
          list(words("reasoning.encrypted_content")),
          "store!",
          FLAG,
          "temperature",
          NUMBER,
          "stream",
          FLAG);

  @Override
  public String path() {
    return "/v1/responses";
  }

  @Override
  public String proves() {
    return "openai_responses";
  }

  @Override
  public List<String> problems(Object body) {
    return REQUEST.problems(body);
  }

  @Override
  public Wish read(Object body) {
    var said = new ArrayList<Said>();
    if (Json.at(body, "instructions") != null) {
      said.add(new Said.System(Json.text(body, "instructions")));
    }
    Json.list(Json.at(body, "input")).forEach(item -> item(item, said));
    var tools =
        Json.list(Json.at(body, "tools")).stream()
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
        Optional.ofNullable(Json.at(body, "text.format.schema")),
        Optional.ofNullable((String) Json.at(body, "reasoning.effort")),
        List.of(),
        Optional.ofNullable((Long) Json.at(body, "max_output_tokens")),
        Optional.ofNullable((Number) Json.at(body, "temperature")).map(Number::doubleValue));
  }

  private static void item(Object item, List<Said> said) {
    switch (Json.text(item, "type")) {
      case "function_call" ->
          said.add(
              new Said.Call(
                  Json.text(item, "call_id"),
                  Json.text(item, "name"),
                  Json.parse(Json.text(item, "arguments"))));
      case "function_call_output" -> said.add(result(item));
      case "reasoning" ->
          said.add(new Said.Thought(Json.text(item, "summary.0.text"), proof(item)));
      default -> message(item, said);
    }
  }

  private static String proof(Object item) {
    return Json.text(item, "encrypted_content");
  }

  private static Said result(Object item) {
    Object output = Json.at(item, "output");
    if (output instanceof String text) {
      return new Said.Result(Json.text(item, "call_id"), text, Optional.empty(), false);
    }
    var text = new StringBuilder();
    Optional<String> picture = Optional.empty();
    for (Object part : Json.list(output)) {
      text.append(Json.text(part, "text"));
      picture = Optional.ofNullable((String) Json.at(part, "image_url")).or(() -> picture(output));
    }
    return new Said.Result(Json.text(item, "call_id"), text.toString(), picture, false);
  }

  private static Optional<String> picture(Object parts) {
    return Json.list(parts).stream()
        .map(part -> Json.text(part, "image_url"))
        .filter(url -> !url.isEmpty())
        .findFirst();
  }

  private static void message(Object item, List<Said> said) {
    Object content = Json.at(item, "content");
    String role = Json.text(item, "role");
    List<Object> parts =
        content instanceof String text ? List.of(object("text", text)) : Json.list(content);
    for (Object part : parts) {
      String text = Json.text(part, "text");
      said.add(
          Json.at(part, "image_url") != null
              ? new Said.Picture(Json.text(part, "image_url"))
              : switch (role) {
                case "user" -> new Said.User(text);
                case "assistant" -> new Said.Assistant(text);
                default -> new Said.System(text);
              });
    }
  }

  @Override
  public Wish takes(Wish wish) {
    return wish.each(said ->
        switch (said) {
          case Said.Thought(String _, String proof) when proof.isEmpty() -> Stream.empty();
          case Said.Result(String id, String text, var picture, boolean _) ->
              Stream.of(new Said.Result(id, text, picture, false));
          default -> Stream.of(said);
        });
  }

  @Override
  public Told says(Told told) {
    String end = told.end().equals("stop_sequence") ? "stop" : told.end();
    Told.Counts all = told.counts();
    return told.withEnd(end, "")
        .withCounts(
            new Told.Counts(all.prompt(), all.cached(), 0, all.completion(), all.thoughts()));
  }

  private List<Map<String, Object>> items(Told told) {
    var items = new ArrayList<Map<String, Object>>();
    if (!told.thoughts().isEmpty()) {
      items.add(
          object(
              "id",
              "rs_1",
              "type",
              "reasoning",
              "summary",
              List.of(object("type", "summary_text", "text", told.thoughts())),
              "encrypted_content",
              told.signature()));
    }
    if (!told.text().isEmpty()) {
      items.add(
          object(
              "id",
              "msg_1",
              "type",
              "message",
              "role",
              "assistant",
              "status",
              "completed",
              "content",
              List.of(part(told.text()))));
    }
    for (Said.Call call : told.calls()) {
      items.add(
          object(
              "id",
              "fc_" + call.id(),
              "type",
              "function_call",
              "call_id",
              call.id(),
              "name",
              call.name(),
              "arguments",
              Json.print(call.arguments()),
              "status",
              "completed"));
    }
    return items;
  }

  private static Map<String, Object> part(String text) {
    return object(
        "type", "output_text", "text", text, "annotations", List.of(), "logprobs", List.of());
  }

  private Map<String, Object> response(Told told, boolean over) {
    boolean cut = told.end().equals("length") || told.end().equals("content_filter");
    String why = told.end().equals("length") ? "max_output_tokens" : told.end();
    Map<String, Object> response =
        object("id", "resp_1", "object", "response", "created_at", 1_700_000_000L);
    response.put("status", over ? cut ? "incomplete" : "completed" : "in_progress");
    response.put("error", null);
    response.put("incomplete_details", over && cut ? object("reason", why) : null);
    response.put("model", "gpt-5-mini-2025-08-07");
    response.put("output", over ? items(told) : List.of());
    response.put("usage", over ? usage(told.counts()) : null);
    return response;
  }

  private static Map<String, Object> usage(Told.Counts counts) {
    return object(
        "input_tokens",
        counts.prompt(),
        "input_tokens_details",
        object("cached_tokens", counts.cached()),
        "output_tokens",
        counts.completion(),
        "output_tokens_details",
        object("reasoning_tokens", counts.thoughts()),
        "total_tokens",
        counts.prompt() + counts.completion());
  }

  @Override
  public String whole(Told told) {
    return Json.print(response(told, true));
  }

  @Override
  public List<String> events(Told told) {
    var events = new ArrayList<Map<String, Object>>();
    events.add(object("type", "response.created", "response", response(told, false)));
    events.add(object("type", "response.in_progress", "response", response(told, false)));
    List<Map<String, Object>> items = items(told);
    for (int i = 0; i < items.size(); i++) {
      item((long) i, items.get(i), told, events);
    }
    Map<String, Object> whole = response(told, true);
    events.add(object("type", "response." + whole.get("status"), "response", whole));
    var framed = new ArrayList<String>();
    for (int i = 0; i < events.size(); i++) {
      Map<String, Object> event = events.get(i);
      event.put("sequence_number", (long) i);
      framed.add(Vendor.event(event));
    }
    return framed;
  }

  @Override
  public String failure() {
    Map<String, Object> failed = response(Told.text(""), false);
    failed.put("status", "failed");
    failed.put("error", object("code", "server_error", "message", "The engine is overloaded"));
    return Vendor.event(
        object("type", "response.failed", "sequence_number", 9L, "response", failed));
  }

  private static void item(
      long index, Map<String, Object> item, Told told, List<Map<String, Object>> events) {
    Map<String, Object> begun = object();
    begun.putAll(item);
    begun.put("status", "in_progress");
    String type = (String) item.get("type");
    switch (type) {
      case "message" -> begun.put("content", List.of());
      case "reasoning" -> {
        begun.put("summary", List.of());
        begun.remove("status");
        begun.remove("encrypted_content");
      }
      default -> begun.put("arguments", "");
    }
    events.add(object("type", "response.output_item.added", "output_index", index, "item", begun));
    Object id = item.get("id");
    switch (type) {
      case "message" -> {
        events.add(
            place("response.content_part.added", id, index, "content_index", "part", part("")));
        for (String half : Vendor.halves(told.text())) {
          events.add(
              place("response.output_text.delta", id, index, "content_index", "delta", half));
        }
        events.add(
            place("response.output_text.done", id, index, "content_index", "text", told.text()));
        events.add(
            place(
                "response.content_part.done",
                id,
                index,
                "content_index",
                "part",
                part(told.text())));
      }
      case "reasoning" -> {
        String word = "response.reasoning_summary_";
        Object empty = object("type", "summary_text", "text", "");
        events.add(place(word + "part.added", id, index, "summary_index", "part", empty));
        for (String half : Vendor.halves(told.thoughts())) {
          events.add(place(word + "text.delta", id, index, "summary_index", "delta", half));
        }
        events.add(place(word + "text.done", id, index, "summary_index", "text", told.thoughts()));
      }
      default -> {
        String word = "response.function_call_arguments.";
        String arguments = (String) item.get("arguments");
        for (String half : Vendor.halves(arguments)) {
          events.add(place(word + "delta", id, index, "", "delta", half));
        }
        events.add(place(word + "done", id, index, "", "arguments", arguments));
      }
    }
    events.add(object("type", "response.output_item.done", "output_index", index, "item", item));
  }

  private static Map<String, Object> place(
      String type, Object item, long index, String inner, String name, Object value) {
    Map<String, Object> event = object("type", type, "item_id", item, "output_index", index);
    if (!inner.isEmpty()) {
      event.put(inner, 0L);
    }
    event.put(name, value);
    return event;
  }
}

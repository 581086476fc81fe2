package llm.server.matrix;

import static llm.server.matrix.Json.object;
import static llm.server.matrix.Shape.FLAG;
import static llm.server.matrix.Shape.NUMBER;
import static llm.server.matrix.Shape.TEXT;
import static llm.server.matrix.Shape.WHOLE;
import static llm.server.matrix.Shape.list;
import static llm.server.matrix.Shape.words;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An endpoint of nobody's dialect, described in the configuration.
 *
 * @param lines whether it streams lines of JSON, else events
 */
record CustomVendor(boolean lines) implements Vendor {
  private static final Shape REQUEST =
      Shape.object(
          "name!",
          words("m"),
          "system",
          TEXT,
          "ask!",
          TEXT,
          "flow!",
          FLAG,
          "limit",
          WHOLE,
          "heat",
          NUMBER,
          "until",
          list(TEXT));

  /** How it is described. */
  String description(String uri) {
    return """
        url: %s/ask
        models: [m]
        refresh_seconds: 3600
        secret_headers: {authorization: "${MATRIX_AUTH}"}
        request: |
          {"name": "{{model}}", "system": "{{system}}", "ask": "{{prompt}}", "flow": "{{stream}}",
           "limit": "{{max_tokens}}", "heat": "{{temperature}}", "until": "{{stop}}"}
        response: {text: out.text, reasoning: out.thought, finish_reason: out.why,
          input_tokens: count.in, output_tokens: count.out, error: error}
        stream: %s
        finish_reasons: {done: stop, full: length, blocked: content_filter}
    """
        .formatted(
            uri,
            lines
                ? "{format: ndjson, done_path: over}"
                : "{format: sse, text: piece, reasoning: thought, done: '[DONE]'}")
        .indent(4);
  }

  @Override
  public String path() {
    return "/ask";
  }

  @Override
  public List<String> problems(Object body) {
    return REQUEST.problems(body);
  }

  @Override
  public Wish read(Object body) {
    var said = new ArrayList<Said>();
    if (Json.at(body, "system") != null) {
      said.add(new Said.System(Json.text(body, "system")));
    }
    said.add(new Said.User(Json.text(body, "ask")));
    return new Wish(
        said,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Json.list(Json.at(body, "until")).stream().map(String.class::cast).toList(),
        Optional.ofNullable((Long) Json.at(body, "limit")),
        Optional.ofNullable((Number) Json.at(body, "heat")).map(Number::doubleValue));
  }

  @Override
  public Told says(Told told) {
    String end = told.end().equals("stop_sequence") ? "stop" : told.end();
    Told.Counts all = told.counts();
    return told.withThoughts(told.thoughts(), "")
        .withEnd(end, "")
        .withCounts(new Told.Counts(all.prompt(), 0, 0, all.completion(), 0));
  }

  @Override
  public String error(int status, String type, String message) {
    return Json.print(object("error", message));
  }

  @Override
  public String failure() {
    String error = error(529, "", "The engine is overloaded");
    return lines ? error + "\n" : "data: " + error + "\n\n";
  }

  @Override
  public String streamType() {
    return lines ? "application/x-ndjson" : Vendor.super.streamType();
  }

  private static Map<String, Object> count(Told told) {
    return object("in", told.counts().prompt(), "out", told.counts().completion());
  }

  private String why(Told told) {
    return switch (says(told).end()) {
      case "stop" -> "done";
      case "length" -> "full";
      default -> "blocked";
    };
  }

  @Override
  public String whole(Told told) {
    Map<String, Object> out = object("text", told.text(), "why", why(told));
    if (!told.thoughts().isEmpty()) {
      out.put("thought", told.thoughts());
    }
    return Json.print(object("out", out, "count", count(told)));
  }

  @Override
  public List<String> events(Told told) {
    var events = new ArrayList<String>();
    for (String half : Vendor.halves(told.thoughts())) {
      events.add(piece("thought", half));
    }
    for (String half : Vendor.halves(told.text())) {
      events.add(piece(lines ? "text" : "piece", half));
    }
    Map<String, Object> last =
        object("out", object("why", why(told)), "count", count(told), "over", true);
    events.add(lines ? Json.print(last) + "\n" : Vendor.data(last));
    if (!lines) {
      events.add("data: [DONE]\n\n");
    }
    return events;
  }

  private String piece(String name, String text) {
    return lines
        ? Json.print(object("out", object(name, text))) + "\r\n\n"
        : ": ping\n" + Vendor.data(object(name, text));
  }
}

package llm.server.matrix;

import static llm.server.matrix.Front.require;
import static llm.server.matrix.Json.object;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** OpenAI's legacy completions: a text, and the one that comes after it. */
record CompletionsFront() implements Front {
  @Override
  public String path(boolean stream) {
    return "/v1/completions";
  }

  @Override
  public Map<String, Object> body(Wish wish, String model, boolean stream) {
    String prompt =
        wish.said().stream()
            .filter(Said.User.class::isInstance)
            .map(said -> ((Said.User) said).text())
            .findFirst()
            .orElseThrow();
    Map<String, Object> body = object("model", model, "prompt", prompt);
    if (stream) {
      body.put("stream", true);
      body.put("stream_options", object("include_usage", true));
    }
    wish.most().ifPresent(most -> body.put("max_tokens", most));
    if (!wish.stop().isEmpty()) {
      body.put("stop", wish.stop());
    }
    wish.temperature().ifPresent(chosen -> body.put("temperature", chosen));
    return body;
  }

  @Override
  public Wish says(Wish wish) {
    return wish.each(said -> said instanceof Said.User ? Stream.of(said) : Stream.empty());
  }

  @Override
  public Told tells(Told told) {
    return new ChatFront().tells(told).withThoughts("", "");
  }

  @Override
  public Told whole(Object body) {
    require(Json.text(body, "object").equals("text_completion"), "no completion: " + body);
    return told(
        Json.text(body, "choices.0.text"),
        Json.text(body, "choices.0.finish_reason"),
        Json.at(body, "usage"));
  }

  private static Told told(String text, String end, Object usage) {
    return new Told("", "", text, List.of(), end, "", ChatFront.counts(usage));
  }

  @Override
  public Told stream(List<Event> events) {
    require(events.getLast().data().equals("[DONE]"), "no [DONE]: " + events);
    var text = new StringBuilder();
    String end = "";
    Optional<Object> usage = Optional.empty();
    for (Event event : events.subList(0, events.size() - 1)) {
      Object chunk = event.json();
      require(Json.text(chunk, "object").equals("text_completion"), "no chunk: " + event);
      if (Json.list(Json.at(chunk, "choices")).isEmpty()) {
        usage = Optional.of(Json.at(chunk, "usage"));
      } else {
        require(end.isEmpty() && usage.isEmpty(), "a chunk behind the last one: " + event);
        text.append(Json.text(chunk, "choices.0.text"));
        end = Json.text(chunk, "choices.0.finish_reason");
      }
    }
    return told(text.toString(), end, usage.orElseThrow());
  }

  @Override
  public Error error(Object body) {
    return new ChatFront().error(body);
  }

  @Override
  public Error lastError(List<Event> events) {
    return new ChatFront().lastError(events);
  }
}

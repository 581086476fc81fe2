package llm.server.matrix;

import static llm.server.matrix.Front.require;
import static llm.server.matrix.Json.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Our own dialect. */
record LlmFront() implements Front {
  @Override
  public String path(boolean stream) {
    return stream ? "/llm/stream" : "/llm/chat";
  }

  @Override
  public Map<String, Object> body(Wish wish, String model, boolean stream) {
    Map<String, Object> body = object("model", model);
    wish.most().ifPresent(most -> body.put("max_tokens", most));
    ChatFront.fill(wish, body);
    return body;
  }

  @Override
  public Wish says(Wish wish) {
    return new ChatFront().says(wish);
  }

  @Override
  public Told tells(Told told) {
    Told.Counts all = told.counts();
    return new ChatFront()
        .tells(told)
        .withCounts(new Told.Counts(all.prompt(), all.cached(), 0, all.completion(), 0));
  }

  @Override
  public Told whole(Object body) {
    return told(
        Json.text(body, "reasoning"),
        Json.text(body, "content"),
        Json.list(Json.at(body, "tool_calls")),
        body);
  }

  private static Told told(String thoughts, String text, List<Object> calls, Object last) {
    Object usage = Json.at(last, "usage");
    return new Told(
        thoughts,
        "",
        text,
        calls.stream()
            .map(call ->
                new Said.Call(
                    Json.text(call, "id"),
                    Json.text(call, "name"),
                    Json.parse(Json.text(call, "arguments"))))
            .toList(),
        Json.text(last, "finish_reason"),
        "",
        new Told.Counts(
            Json.number(usage, "prompt_tokens"),
            Json.number(usage, "cached_tokens"),
            0,
            Json.number(usage, "completion_tokens"),
            0));
  }

  @Override
  public Told stream(List<Event> events) {
    var thoughts = new StringBuilder();
    var text = new StringBuilder();
    var calls = new ArrayList<Object>();
    for (Event event : events) {
      Object frame = event.json();
      boolean last = event == events.getLast();
      require(Boolean.valueOf(last).equals(Json.at(frame, "is_final")), "is_final: " + event);
      thoughts.append(Json.text(frame, "reasoning"));
      text.append(Json.text(frame, "token"));
      if (Json.at(frame, "tool_call") != null) {
        calls.add(Json.at(frame, "tool_call"));
      }
    }
    return told(thoughts.toString(), text.toString(), calls, events.getLast().json());
  }

  @Override
  public Error error(Object body) {
    return new Error(
        Json.text(body, "error.code"),
        (Json.at(body, "error.data.path") == null ? "" : Json.text(body, "error.data.path"))
            + " "
            + Json.text(body, "error.message"));
  }

  @Override
  public Error lastError(List<Event> events) {
    return ChatFront.oneError(events, event -> event.data().startsWith("{\"error\""), this);
  }
}

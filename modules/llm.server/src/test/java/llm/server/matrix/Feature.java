package llm.server.matrix;

import static llm.server.matrix.Json.object;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A question and its answer, and what there is to see in them. */
record Feature(String name, Wish wish, Told told) {
  static final String BASE64 = "data:image/png;base64,iVBORw0KGgo=";
  static final String ADDRESS = "https://example.com/cat.png";
  private static final Said.System SYSTEM = new Said.System("Antworte kurz — 短く.");
  private static final Said.User USER = new Said.User("Wie groß ist 😀?\n\"äöü\" \\ \u2028");
  private static final Object PARAMETERS =
      object(
          "type",
          "object",
          "properties",
          object("city", object("type", "string")),
          "required",
          List.of("city"),
          "additionalProperties",
          false);
  private static final Wish.Tool WEATHER =
      new Wish.Tool("weather", "Das Wetter in ßtädten", PARAMETERS);
  private static final Wish.Tool CLOCK = new Wish.Tool("clock", "What time it is", PARAMETERS);
  private static final Said.Call FIRST =
      new Said.Call("call_1", "weather", object("city", "Zürich \"😀\""));
  private static final Said.Call SECOND = new Said.Call("call_2", "clock", object("city", "東京"));
  private static final String WORDS = "Größe: 2 em. 世界 😀\tEnde";
  private static final String THOUGHT = "Hm, 😀 … überlegen";
  private static final String PROOF = "EqQBCkYIBxgCIkD+/x==";

  /** All of them, by name. */
  static final Map<String, Feature> ALL = all();

  private static Map<String, Feature> all() {
    Told text = Told.text(WORDS);
    Wish wish = Wish.of(SYSTEM, USER);
    Wish tools = wish.withTools(WEATHER, CLOCK);
    var all = new LinkedHashMap<String, Feature>();
    add(all, new Feature("text", wish.withTemperature(0.5), text));
    add(all, new Feature("tools", tools, text.withCalls(FIRST)));
    add(
        all,
        new Feature(
            "parallel tools",
            tools.withParallel(true),
            text.withText("").withCalls(FIRST, SECOND)));
    add(all, new Feature("one tool at a time", tools.withParallel(false), text.withCalls(SECOND)));
    add(all, new Feature("image in base64", Wish.of(SYSTEM, USER, new Said.Picture(BASE64)), text));
    add(
        all,
        new Feature("image by address", Wish.of(SYSTEM, USER, new Said.Picture(ADDRESS)), text));
    add(
        all,
        new Feature("schema", wish.withSchema(PARAMETERS), text.withText("{\"city\":\"Köln\"}")));
    add(
        all,
        new Feature(
            "reasoning",
            wish.withEffort("low"),
            text.withThoughts(THOUGHT, PROOF).withCounts(11, 0, 0, 20, 12)));
    add(
        all,
        new Feature("stop sequence", wish.withStop("ENDE"), text.withEnd("stop_sequence", "ENDE")));
    add(all, new Feature("length", wish, text.withEnd("length", "")));
    add(all, new Feature("filter", wish, text.withEnd("content_filter", "")));
    add(all, new Feature("usage with caches", wish, text.withCounts(100, 64, 16, 20, 8)));
    Optional<String> none = Optional.empty();
    add(
        all,
        new Feature("tool result", back(new Said.Result("call_1", "12 °C", none, false)), text));
    add(
        all,
        new Feature(
            "failed tool result", back(new Said.Result("call_1", "kein Netz", none, true)), text));
    add(
        all,
        new Feature(
            "image in a tool result",
            back(new Said.Result("call_1", "see", Optional.of(BASE64), false)),
            text));
    add(
        all,
        new Feature(
            "results of two tools",
            back(
                SECOND,
                new Said.Result("call_1", "12 °C", none, false),
                new Said.Result("call_2", "13:00", none, false),
                new Said.User("Und morgen?")),
            text));
    return all;
  }

  /** The second turn: what the model said, with its thoughts, and what came of it. */
  private static Wish back(Said... behind) {
    var said =
        new java.util.ArrayList<Said>(
            List.of(
                SYSTEM,
                USER,
                new Said.Thought(THOUGHT, PROOF),
                new Said.Assistant("Ich schaue nach…"),
                FIRST));
    said.addAll(Arrays.asList(behind));
    return Wish.of(said.toArray(Said[]::new)).withTools(WEATHER, CLOCK);
  }

  private static void add(Map<String, Feature> all, Feature feature) {
    all.put(feature.name, feature);
  }

  /** Whether the conversation goes on behind an answer. */
  boolean isSecondTurn() {
    return wish.said().stream().anyMatch(Said.Result.class::isInstance);
  }

  boolean hasFailed() {
    return wish.said().stream().anyMatch(said -> said instanceof Said.Result r && r.failed());
  }

  boolean hasPicture() {
    return wish.said().stream()
        .anyMatch(said ->
            said instanceof Said.Picture
                || said instanceof Said.Result result && result.picture().isPresent());
  }
}

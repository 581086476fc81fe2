package llm.server.matrix;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** What is asked, whatever the dialect says it in. */
record Wish(
    List<Said> said,
    List<Tool> tools,
    Optional<Boolean> parallel,
    Optional<Object> schema,
    Optional<String> effort,
    List<String> stop,
    Optional<Long> most,
    Optional<Double> temperature) {

  /** A tool; parameters as {@link Json} has them. */
  record Tool(String name, String description, Object parameters) {}

  static Wish of(Said... said) {
    return new Wish(
        List.of(said),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.of(4_000L),
        Optional.empty());
  }

  Wish withTools(Tool... offered) {
    return new Wish(said, List.of(offered), parallel, schema, effort, stop, most, temperature);
  }

  Wish withParallel(boolean many) {
    return new Wish(said, tools, Optional.of(many), schema, effort, stop, most, temperature);
  }

  Wish withParallel(Optional<Boolean> many) {
    return new Wish(said, tools, many, schema, effort, stop, most, temperature);
  }

  Wish withSchema(Object wanted) {
    return new Wish(said, tools, parallel, Optional.of(wanted), effort, stop, most, temperature);
  }

  /** The same where the schema is told in words, at the end of what the system says. */
  Wish withSpokenSchema() {
    String words = "Answer with one JSON value that fits the JSON Schema below";
    if (schema.isPresent()
        || said.isEmpty()
        || !(said.getFirst() instanceof Said.System(String text))
        || !text.contains(words)) {
      return this;
    }
    var rest = new ArrayList<>(said);
    String own = text.substring(0, text.indexOf(words)).stripTrailing();
    rest.removeFirst();
    if (!own.isEmpty()) {
      rest.addFirst(new Said.System(own));
    }
    String spoken = text.substring(text.lastIndexOf("\n\n") + 2);
    return withSaid(rest).withSchema(Json.parse(spoken));
  }

  Wish withEffort(String much) {
    return new Wish(said, tools, parallel, schema, Optional.of(much), stop, most, temperature);
  }

  Wish withStop(String sequence) {
    return new Wish(said, tools, parallel, schema, effort, List.of(sequence), most, temperature);
  }

  Wish withTemperature(double chosen) {
    return new Wish(said, tools, parallel, schema, effort, stop, most, Optional.of(chosen));
  }

  Wish withSaid(List<Said> other) {
    return new Wish(other, tools, parallel, schema, effort, stop, most, temperature);
  }

  /** The same with each bit as {@code change} makes it, or without it. */
  Wish each(Function<Said, Stream<Said>> change) {
    return withSaid(said.stream().flatMap(change).toList());
  }
}

package llm.core.template.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llm.core.template.answer.AnswerParser.Beginning;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolDefinition;

/** An answer and what it says: {@code T} text, {@code R} reasoning, {@code C} a call. */
record Transcript(AnswerFormat format, String answer, String... said) {
  /** What is offered in all of them. */
  static final List<ToolDefinition> TOOLS =
      List.of(
          tool(
              "get_weather",
              """
              {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},
              "where":{"$ref":"#/$defs/place"},"note":{"type":["string","null"]},
              "tags":{"type":"array"},"exact":{"type":"boolean"}},
              "$defs":{"place":{"type":"object"}}}\
              """),
          tool("now", "{}"));

  static Transcript of(AnswerFormat format, String answer, String... said) {
    return new Transcript(format, answer, said);
  }

  private static ToolDefinition tool(String name, String schema) {
    return new ToolDefinition(name, Optional.empty(), new JsonText(schema));
  }

  /** What a parser makes of it in these pieces. */
  static List<String> said(AnswerFormat format, List<String> pieces) {
    var parser = new AnswerParser(format, Beginning.ANSWER, TOOLS, () -> "id");
    List<String> said = new ArrayList<>();
    pieces.forEach(piece -> parser.push(piece).forEach(event -> add(event, said)));
    parser.finish().forEach(event -> add(event, said));
    return said;
  }

  static List<String> letters(String text) {
    return text.chars().mapToObj(Character::toString).toList();
  }

  static List<String> cut(String text, Random random) {
    List<String> pieces = new ArrayList<>();
    for (int at = 0; at < text.length(); ) {
      int to = Math.min(text.length(), at + 1 + random.nextInt(12));
      pieces.add(text.substring(at, to));
      at = to;
    }
    return pieces;
  }

  private static void add(StreamEvent event, List<String> said) {
    switch (event) {
      case StreamEvent.TextDelta(String text, var _) -> join("T ", text, said);
      case StreamEvent.ReasoningDelta(String text) -> join("R ", text, said);
      case StreamEvent.ToolCallStarted started -> said.add("C " + started.name() + " ");
      case StreamEvent.ToolArgumentsDelta(int _, String json) -> join("C ", json, said);
      default -> throw new AssertionError(event);
    }
  }

  private static void join(String kind, String text, List<String> said) {
    if (!said.isEmpty() && said.getLast().startsWith(kind)) {
      said.set(said.size() - 1, said.getLast() + text);
    } else {
      said.add(kind + text);
    }
  }

  @Override
  public String toString() {
    return format + " " + answer.replace('\n', ' ');
  }
}

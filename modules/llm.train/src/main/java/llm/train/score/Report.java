package llm.train.score;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llm.train.corpus.Language;
import tools.jackson.core.JsonGenerator;

/** A score as a table for a terminal, as one for the model card, and as JSON. */
final class Report {
  private static final double NANOS_PER_MILLI = 1e6;

  private final Score score;

  Report(Score score) {
    this.score = score;
  }

  /** A row: the questions it counts, by kind. */
  private record Row(String word, String title, Predicate<Question> which) {}

  private static List<Row> rows() {
    Stream<Row> kinds =
        Arrays.stream(Kind.values())
            .map(kind -> new Row(kind.word(), kind.title(), question -> question.kind() == kind));
    Stream<Row> totals =
        Stream.of(
            new Row("in-domain", "**in-domain, all**", question -> !question.kind().isOffTopic()),
            new Row(
                "off-topic → fallback",
                "**off-topic → fallback, all**",
                question -> question.kind().isOffTopic()));
    return Stream.concat(kinds, totals).toList();
  }

  /** The words that begin the rows of {@link #card}. */
  static List<String> cardTitles() {
    return Stream.concat(rows().stream().map(Row::title), Stream.of("median time to first token"))
        .toList();
  }

  /** Kind × language: right/all and per cent; the totals; the median time to the first token. */
  String table() {
    var text = new StringBuilder(line("", "en", "ru", "all"));
    for (Row row : rows()) {
      text.append(
          line(
              row.word(),
              cell(row, Language.ENGLISH),
              cell(row, Language.RUSSIAN),
              cell(score.tally(row.which()))));
    }
    return text.append(line("median time to first token", "", "", firstToken())).toString();
  }

  /** The questions that were answered wrongly, with what was answered. */
  String wrong() {
    return score.wrong().stream()
        .map(outcome -> {
          Question question = outcome.question();
          return "%s %s: %s%n  due: %s%n  got: %s: %s%n"
              .formatted(
                  question.kind().word(),
                  Languages.code(question.language()),
                  question.text(),
                  expected(question),
                  outcome.answered(),
                  outcome.answer().text().replaceAll("\\p{Cntrl}", " ").strip());
        })
        .collect(Collectors.joining());
  }

  /** The table of the model card, in Markdown. */
  String card() {
    var text = new StringBuilder("| questions | English | Russian | all |\n|---|---|---|---|\n");
    for (Row row : rows()) {
      text.append("| ").append(row.title());
      text.append(" | ").append(cell(row, Language.ENGLISH));
      text.append(" | ").append(cell(row, Language.RUSSIAN));
      text.append(" | ").append(cell(score.tally(row.which()))).append(" |\n");
    }
    return text.append("| median time to first token | | | " + firstToken() + " |\n").toString();
  }

  /**
   * One object: {@code rows} of {@code name}, {@code en}, {@code ru} and {@code all}, each with
   * {@code right} and {@code all}; {@code first_token_ms_median}; {@code wrong} questions.
   */
  String json() {
    return Json.object(json -> {
      json.writeArrayPropertyStart("rows");
      for (Row row : rows()) {
        json.writeStartObject();
        json.writeStringProperty("name", row.word());
        write(json, "en", tally(row, Language.ENGLISH));
        write(json, "ru", tally(row, Language.RUSSIAN));
        write(json, "all", score.tally(row.which()));
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeNumberProperty("first_token_ms_median", firstTokenMillis());
      json.writeArrayPropertyStart("wrong");
      score.wrong().forEach(outcome -> write(json, outcome));
      json.writeEndArray();
    });
  }

  private static void write(JsonGenerator json, String name, Score.Tally tally) {
    json.writeObjectPropertyStart(name);
    json.writeNumberProperty("right", tally.right());
    json.writeNumberProperty("all", tally.all());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Outcome outcome) {
    json.writeStartObject();
    json.writeStringProperty("kind", outcome.question().kind().word());
    json.writeStringProperty("language", Languages.code(outcome.question().language()));
    json.writeStringProperty("expected", expected(outcome.question()));
    json.writeStringProperty("question", outcome.question().text());
    json.writeStringProperty("answered", outcome.answered());
    json.writeStringProperty("answer", outcome.answer().text());
    json.writeEndObject();
  }

  private Score.Tally tally(Row row, Language language) {
    return score.tally(question -> question.language() == language && row.which().test(question));
  }

  private String cell(Row row, Language language) {
    return cell(tally(row, language));
  }

  private static String cell(Score.Tally tally) {
    return tally.all() == 0
        ? "–"
        : String.format(Locale.ROOT, "%d/%d  %.1f %%", tally.right(), tally.all(), tally.percent());
  }

  private static String line(String name, String english, String russian, String all) {
    return "%-26s  %-16s  %-16s  %s".formatted(name, english, russian, all).stripTrailing() + "\n";
  }

  private static String expected(Question question) {
    return question.expected().stream().sorted().collect(Collectors.joining("|"));
  }

  private String firstToken() {
    return String.format(Locale.ROOT, "%.1f ms", firstTokenMillis());
  }

  private double firstTokenMillis() {
    return score.medianFirstToken().toNanos() / NANOS_PER_MILLI;
  }
}

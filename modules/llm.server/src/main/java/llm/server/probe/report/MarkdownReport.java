package llm.server.probe.report;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import llm.core.conversation.TurnReport;

/** All figures as Markdown, for people: tables, a histogram and what follows from them. */
final class MarkdownReport {
  /** What goes on beside the turns: the next context, and the cache of summaries. */
  static final List<String> BACKGROUND =
      List.of(
          "warmup_start",
          "warmup_ready",
          "warmup_cancelled",
          "warmup_failed",
          "handover_perform",
          "context_hard_stop",
          "summary_cache_check",
          "summary_cache_save");

  private static final String NOT_TOLD = "not told";

  private final Results results;
  private final Trail trail;
  private final Instant at;
  private final StringBuilder text = new StringBuilder();

  MarkdownReport(Results results, Trail trail, Instant at) {
    this.results = results;
    this.trail = trail;
    this.at = at;
  }

  String text() {
    head();
    figures();
    greeting();
    histogram();
    turns();
    summaries();
    background();
    section("Conclusions");
    Conclusions.of(results, trail).forEach(one -> line("- " + one));
    return text.toString();
  }

  private void head() {
    boolean probe = results.kind() == Results.Kind.PROBE;
    line(probe ? "# LLM probe" : "# LLM end to end");
    line("");
    var when =
        DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss xxx", Locale.ROOT)
            .withZone(ZoneId.systemDefault());
    line("- At: " + when.format(at));
    line("- Model: `" + results.model() + "`");
    line("- Store: " + results.store());
    line((probe ? "- Text: " : "- Session: ") + inline(results.subject()));
    line("- Java " + Runtime.version() + ", " + cores() + " processors, " + system());
    line("");
    line("**" + results.verdict() + "**");
  }

  private static int cores() {
    return Runtime.getRuntime().availableProcessors();
  }

  private static String system() {
    return System.getProperty("os.name") + " " + System.getProperty("os.arch");
  }

  private void figures() {
    section("Figures");
    line("| | n | mean | p50 | p95 | least | most |");
    line("|---|---:|---:|---:|---:|---:|---:|");
    figure("Time to first token (TTFT), ms", results.firstToken());
    figure("Total, ms", results.total());
    figure("Chunks a second", results.chunksPerSecond());
    figure("Network: to the head of the answer, ms", results.firstByte());
    line("");
    line("Times run from the sending of a request; making the connection ready is not in them.");
    line("Percentiles are interpolated. Turns that were told again as recorded are left out.");
  }

  private void figure(String name, Sample sample) {
    String values =
        sample.isEmpty()
            ? " | " + NOT_TOLD + " | " + NOT_TOLD + " | " + NOT_TOLD + " | – | – |"
            : String.format(
                Locale.ROOT,
                " | %.1f | %.1f | %.1f | %.1f | %.1f |",
                sample.mean(),
                sample.p50(),
                sample.p95(),
                sample.least(),
                sample.most());
    line("| " + name + " | " + sample.count() + values);
  }

  private void greeting() {
    Greeting greeting = results.greeting();
    section("Handshake");
    line("| | ms |");
    line("|---|---:|");
    line("| Clients of all providers made | " + ms(OptionalDouble.of(greeting.client())) + " |");
    line("| First ping" + status(greeting) + " | " + ms(greeting.ping()) + " |");
    line("| One token from an empty text | " + ms(greeting.generation()) + " |");
  }

  private static String status(Greeting greeting) {
    return greeting.status().isPresent()
        ? " (HTTP " + greeting.status().getAsInt() + ")"
        : " (no network)";
  }

  private void histogram() {
    List<String> lines = Histogram.lines(results.firstToken());
    if (!lines.isEmpty()) {
      section("Time to first token");
      line("```");
      lines.forEach(this::line);
      line("```");
    }
  }

  private void turns() {
    section("Turns");
    line("| Turn | TTFT ms | total ms | chunks | chunks/s | context before → after | remarks |");
    line("|---|---:|---:|---:|---:|---|---|");
    for (TurnFigures turn : results.turns()) {
      TurnReport report = turn.report();
      if (turn.replayed()) {
        line("| " + turn.name() + " | | | | | | told again as recorded |");
      } else {
        line(
            "| "
                + String.join(
                    " | ",
                    turn.name(),
                    ms(turn.firstToken()),
                    ms(turn.total()),
                    Long.toString(turn.chunks()),
                    ms(turn.chunksPerSecond()),
                    percent(report.contextRatioBefore())
                        + " → "
                        + percent(report.contextRatioAfter()),
                    remarks(report))
                + " |");
      }
    }
  }

  private String remarks(TurnReport report) {
    String handover =
        report.handoverMs().isPresent()
            ? "in a new context, ready for " + ms(report.handoverMs()) + " ms; "
            : "";
    String leftOut =
        report.leftOutMessages() > 0 ? report.leftOutMessages() + " messages had no room; " : "";
    return handover
        + leftOut
        + (report.durable() || results.store().equals("memory") ? "" : "not kept yet");
  }

  private void summaries() {
    if (results.summaries().isEmpty()) {
      return;
    }
    section("Summaries");
    line("| Run | key | cache | ms | messages |");
    line("|---:|---|---|---:|---:|");
    for (SummaryFigures one : results.summaries()) {
      line(
          String.format(
              Locale.ROOT,
              "| %d | `%s` | %s | %.1f | %d |",
              one.run(),
              one.key(),
              one.hit() ? "hit" : "miss",
              one.millis(),
              one.covered()));
    }
  }

  private void background() {
    List<Trail.Seen> events = trail.all(BACKGROUND);
    if (events.isEmpty()) {
      return;
    }
    section("Contexts and cache, in order");
    for (Trail.Seen event : events) {
      line(
          event.fields().entrySet().stream()
              .filter(field -> !field.getKey().equals("conversation"))
              .map(field -> field.getKey() + " " + inline(value(field.getValue())))
              .collect(Collectors.joining(", ", "- `" + event.name() + "` — ", "")));
    }
  }

  private static String value(Object value) {
    return value instanceof Double number
        ? String.format(Locale.ROOT, "%.3f", number)
        : value.toString();
  }

  /** Text that is no Markdown, on one line. */
  private static String inline(String text) {
    return text.replaceAll("[\\p{Cntrl}`|]+", " ");
  }

  private static String ms(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.1f", value.getAsDouble()) : NOT_TOLD;
  }

  private static String percent(double ratio) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * ratio);
  }

  private void section(String title) {
    line("");
    line("## " + title);
    line("");
  }

  private void line(String one) {
    text.append(one).append('\n');
  }
}

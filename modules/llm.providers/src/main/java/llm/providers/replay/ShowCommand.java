package llm.providers.replay;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llm.providers.replay.Recorded.Field;
import llm.providers.replay.Recorded.Piece;
import llm.providers.replay.RecordingScan.Line;

/** Prints the exchanges of a recording as a table, or one of them whole. */
final class ShowCommand {
  private static final int OK = 0;
  private static final int UNREADABLE = 1;
  private static final int WRONG_USE = 2;
  private static final double MICROS_PER_MILLI = 1_000;

  private static final String ROW =
      "%5s  %-23s  %-16s  %-28s  %-24s  %6s  %9s  %9s  %6s  %9s  %s%n";

  private static final String HELP =
      """
      Usage: tools/replay show FILE [LINE]
      Lists the exchanges of a recording of upstream traffic: when, of which upstream, what was asked
      of which model, the status, milliseconds to the head, to the first byte of the body (ttfb) and
      in all, chunks, bytes, and how it ended. With LINE that exchange alone, as it was sent and read.

      Recordings are made by `record: FILE.jsonl` in an upstream's section and replayed by
      `replay: FILE.jsonl`; docs/record-replay.md says more.
      Exit code: 0, 1 when the file cannot be read, 2 for a wrong use.
      """;

  private final PrintStream out;
  private final PrintStream err;

  ShowCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Runs it; returns the exit code. */
  int run(String... args) {
    List<String> words = List.of(args);
    if (words.contains("--help")) {
      out.print(HELP);
      return OK;
    }
    boolean wrong = words.size() < 2 || words.size() > 3 || !words.getFirst().equals("show");
    if (wrong || words.size() == 3 && !words.get(2).matches("[1-9][0-9]{0,8}")) {
      return refuse("use it as 'show FILE' or 'show FILE LINE'");
    }
    try {
      Path file = Path.of(words.get(1));
      return words.size() == 2 ? list(file) : one(file, Integer.parseInt(words.get(2)));
    } catch (InvalidPathException refused) {
      return refuse("'" + refused.getInput() + "' is no path");
    } catch (IOException failure) {
      err.println("tools/replay: the file cannot be read: " + failure);
      return UNREADABLE;
    }
  }

  private int refuse(String why) {
    err.println("tools/replay: " + why + "; --help says more.");
    return WRONG_USE;
  }

  private int list(Path file) throws IOException {
    out.printf(
        ROW,
        "line",
        "at",
        "provider",
        "request",
        "model",
        "status",
        "head ms",
        "ttfb ms",
        "chunks",
        "bytes",
        "end (ms in all)");
    try (RecordingScan scan = RecordingScan.open(file)) {
      for (var line = scan.next(); line.isPresent(); line = scan.next()) {
        print(line.get());
      }
    }
    return OK;
  }

  private void print(Line line) {
    if (line.exchange().isEmpty()) {
      out.printf("%5d  cannot be read: %s%n", line.number(), line.problem().orElse(""));
      return;
    }
    Recorded exchange = line.exchange().get();
    Optional<Recorded.Response> response = exchange.response();
    out.printf(
        ROW,
        line.number(),
        exchange.at().truncatedTo(ChronoUnit.MILLIS),
        exchange.provider(),
        exchange.request().method() + " " + exchange.request().path(),
        exchange.request().model().orElse("-"),
        response.map(head -> Integer.toString(head.status())).orElse("-"),
        response.map(head -> millis(head.micros())).orElse("-"),
        response
            .filter(head -> !head.pieces().isEmpty())
            .map(head -> millis(head.pieces().getFirst().micros()))
            .orElse("-"),
        response.map(head -> head.pieces().size()).orElse(0),
        response.map(Recorded.Response::bodyBytes).orElse(0L),
        end(exchange));
  }

  private int one(Path file, int number) throws IOException {
    try (RecordingScan scan = RecordingScan.open(file)) {
      for (var line = scan.next(); line.isPresent(); line = scan.next()) {
        if (line.get().number() == number) {
          return whole(line.get());
        }
      }
    }
    err.println("tools/replay: the file has no line " + number + " that is not blank");
    return UNREADABLE;
  }

  private int whole(Line line) {
    if (line.exchange().isEmpty()) {
      print(line);
      return UNREADABLE;
    }
    Recorded exchange = line.exchange().get();
    out.println(exchange.request().method() + " " + exchange.request().path());
    fields(exchange.request().headers());
    if (exchange.request().body().size() > 0) {
      out.println(text(exchange.request().body()));
    }
    exchange
        .response()
        .ifPresent(response -> {
          out.printf("%n%12s  %d%n", millis(response.micros()), response.status());
          fields(response.headers());
          for (Piece piece : response.pieces()) {
            out.printf("%12s  %s%n", millis(piece.micros()), text(piece).replace("\n", "⏎"));
          }
        });
    out.printf("%n%12s  %s%n", millis(exchange.end().micros()), end(exchange));
    return OK;
  }

  private void fields(List<Field> fields) {
    fields.forEach(field -> out.println("  " + field.name() + ": " + printable(field.value())));
    out.println();
  }

  private static String end(Recorded exchange) {
    String how = exchange.end().how().wireName() + " (" + millis(exchange.end().micros()) + ")";
    return how + exchange.end().message().map(why -> ": " + printable(why)).orElse("");
  }

  private static String text(Piece piece) {
    return piece.isLeftOut()
        ? piece.size() + " bytes"
        : printable(new String(piece.bytes(), StandardCharsets.UTF_8));
  }

  /** What a terminal would act on is not printed. */
  private static String printable(String text) {
    return text.replaceAll("[\\p{Cntrl}&&[^\\n\\t]]", "·");
  }

  private static String millis(long micros) {
    return String.format(Locale.ROOT, "%.1f", micros / MICROS_PER_MILLI);
  }
}

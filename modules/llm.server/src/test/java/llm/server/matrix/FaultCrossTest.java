package llm.server.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import llm.server.matrix.FaultLab.Outcome;
import llm.server.matrix.Teller.Fault;
import llm.server.matrix.Teller.Tale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Streams by the thousand: {@code -Dllm.test.streams=10000} (as {@code tools/soak streams} has it),
 * of a {@code -Dllm.test.seed}.
 */
@DisplayName("P-7: the client's text is the model's, or there is an error")
class FaultCrossTest {
  private static final int STREAMS = Integer.getInteger("llm.test.streams", 500);
  private static final long SEED = Long.getLong("llm.test.seed", new Random().nextLong());
  private static final int AT_ONCE = 48;
  private static final int ONE_IN = 20; // cells whose targets are asked again
  private static final String[] WORDS = {
    "The",
    "answer",
    "is",
    "größer",
    "als",
    "日本語の",
    "テキスト",
    "😀",
    "👩‍🚀",
    "naïve",
    "x += 1;",
    "{\"key\":",
    "\"value\"}",
    "**bold**",
    "`code`",
    "1.",
    "-",
    "…",
    "\n",
    "\n\n",
    "    ",
    "\t",
    "\\n",
    "ab",
    "abab",
    "end."
  };

  private static final double PATIENT = 60;
  private static final double HASTY = 2.5;

  @TempDir static Path folder;
  private static FaultLab lab;
  private static FaultLab hasty; // for who is to be waited for in vain

  @BeforeAll
  static void start() throws Exception {
    lab = new FaultLab(Files.createDirectory(folder.resolve("patient")), PATIENT);
    hasty = new FaultLab(Files.createDirectory(folder.resolve("hasty")), HASTY);
  }

  @AfterAll
  static void end() {
    lab.close();
    hasty.close();
  }

  record Cell(String front, String route, Fault fault, boolean stream) {}

  private static List<Cell> cells() {
    var cells = new ArrayList<Cell>();
    var fronts = List.copyOf(Lab.FRONTS.keySet());
    int turn = 0;
    for (String dialect : FaultLab.DIALECTS) {
      for (Fault fault : Fault.values()) {
        for (String front : fronts) {
          cells.add(new Cell(front, dialect, fault, true));
          cells.add(new Cell(front, dialect + "-" + dialect, fault, true));
        }
        if (!waits(fault)) { // for a whole answer there is the call's deadline alone
          String front = fronts.get(turn++ % fronts.size());
          cells.add(new Cell(front, dialect, fault, false));
          cells.add(new Cell(front, dialect + "-" + dialect, fault, false));
        }
      }
    }
    for (String front : fronts) {
      for (String unreachable : List.of("refused", "tls")) {
        cells.add(new Cell(front, unreachable, Fault.NONE, true));
        cells.add(new Cell(front, unreachable, Fault.NONE, false));
        for (String dialect : FaultLab.DIALECTS) {
          cells.add(new Cell(front, unreachable + "-" + dialect, Fault.NONE, true));
        }
      }
    }
    return cells;
  }

  private static boolean waits(Fault fault) {
    return fault == Fault.NO_HEAD || fault == Fault.NO_FIRST_EVENT || fault == Fault.STALL;
  }

  @Test
  void whateverGoesWrongTheTextIsTheModelsOrAnErrorOfTheDialect() throws Exception {
    var random = new Random(SEED);
    var tasks = new ArrayList<Callable<String>>();
    var waiting = new ArrayList<Callable<String>>();
    for (Cell cell : cells()) {
      Tale tale = tale(cell, random);
      boolean waits = waits(cell.fault());
      (waits ? waiting : tasks).add(() -> problem(cell, tale, waits ? hasty : lab, ""));
    }

    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var together = threads.submit(() -> problems(waiting, waiting.size()));
      assertThat(problems(tasks, AT_ONCE)).as("seed " + SEED).isEmpty();
      assertThat(together.get()).as("seed " + SEED).isEmpty();
    }
  }

  @Test
  void whoIsAskedAgainGoesOnWithTheTextThatWasGiven() throws Exception {
    var random = new Random(SEED);
    var tasks = new ArrayList<Callable<String>>();
    var cells = new ArrayList<Cell>();
    for (String dialect : FaultLab.DIALECTS) {
      cells.add(new Cell("chat", dialect, Fault.SAID_IN_ANSWER, true)); // whatever the seed
    }
    cells().stream()
        .filter(cell -> random.nextInt(ONE_IN) == 0 && !waits(cell.fault()))
        .filter(cell -> FaultLab.DIALECTS.contains(cell.route().split("-")[0]))
        .forEach(cells::add);
    for (Cell cell : cells) {
      Tale tale = tale(cell, random);
      tasks.add(() -> problem(cell, tale, lab, FaultLab.AGAIN));
    }

    assertThat(problems(tasks, AT_ONCE)).as("seed " + SEED).isEmpty();
    assertThat(lab.get("/metrics"))
        .contains("llm_retries_total{")
        .containsPattern("llm_failovers_total\\{from=\"(\\w+)\",to=\"\\1\",kind=\"prefill\"}");
  }

  private static Tale tale(Cell cell, Random random) {
    String text = text(random, 12);
    String pieces = Teller.pieces(text, random);
    return new Tale(text, pieces, cell.fault(), cell.stream(), random.nextLong());
  }

  private static String problem(Cell cell, Tale tale, FaultLab asked, String before)
      throws Exception {
    Outcome got = asked.ask(Lab.FRONTS.get(cell.front()), before + cell.route(), tale);
    boolean chain = cell.route().contains("-");
    boolean unreachable = !chain && !FaultLab.DIALECTS.contains(cell.route());
    if (!got.isText()) {
      return chain || !unreachable && isHarmless(cell.fault()) ? cell + ": " + got.error() : "";
    }
    boolean right = got.text().equals(tale.text()) && !unreachable;
    return right ? "" : cell + ": " + got.text() + " instead of " + tale.text();
  }

  private static boolean isHarmless(Fault fault) {
    return switch (fault) {
      case NONE, CRLF, BYTE_BY_BYTE -> true;
      default -> false;
    };
  }

  @Test
  void streamsCutAtAnyByteAreGoneOnWithWithoutGapAndRepetition() throws Exception {
    var tasks = new ArrayList<Callable<String>>();
    for (int i = 0; i < STREAMS; i++) {
      long seed = SEED + i;
      tasks.add(() -> stream(seed));
    }

    assertThat(problems(tasks, AT_ONCE)).as("seed " + SEED).isEmpty();
    assertThat(lab.get("/metrics"))
        .contains("kind=\"again\"")
        .contains("kind=\"prefill\"")
        .contains("kind=\"instruction\"");
  }

  private static String stream(long seed) throws Exception {
    var random = new Random(seed);
    String first = FaultLab.DIALECTS.get(random.nextInt(4));
    String second = FaultLab.DIALECTS.get(random.nextInt(4));
    var fronts = List.copyOf(Lab.FRONTS.keySet());
    String front = fronts.get(random.nextInt(fronts.size()));
    Fault fault =
        switch (random.nextInt(4)) {
          case 0 -> Fault.CUT_CLEANLY;
          case 1 -> Fault.RESET;
          default -> Fault.CUT;
        };
    String text = text(random, 60);
    var tale = new Tale(text, Teller.pieces(text, random), fault, true, random.nextLong());
    Outcome got = lab.ask(Lab.FRONTS.get(front), first + "-" + second, tale);
    return got.isText() && got.text().equals(text)
        ? ""
        : "seed %d, %s before %s and %s, %s:%n%s%ninstead of%n%s"
            .formatted(seed, front, first, second, fault, got, text);
  }

  private static List<String> problems(List<Callable<String>> tasks, int atOnce) throws Exception {
    var problems = new ConcurrentLinkedQueue<String>();
    var permits = new Semaphore(atOnce);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Callable<String> task : tasks) {
        permits.acquire();
        threads.submit(() -> {
          try {
            String problem = task.call();
            if (!problem.isEmpty()) {
              problems.add(problem);
            }
          } catch (Exception | AssertionError failure) {
            problems.add(failure.toString());
          } finally {
            permits.release();
          }
        });
      }
    }
    return problems.stream().limit(20).toList();
  }

  private static String text(Random random, int most) {
    var text = new StringBuilder("Tale");
    for (int words = 1 + random.nextInt(most); words > 0; words--) {
      text.append(random.nextInt(4) == 0 ? "" : " ");
      text.append(
          random.nextInt(3) == 0
              ? Integer.toString(random.nextInt(1_000_000), 36)
              : WORDS[random.nextInt(WORDS.length)]);
    }
    return text.append('.').toString();
  }
}

package llm.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import llm.bench.system.BenchFailure;
import llm.bench.system.Machine;
import llm.bench.system.Workbench;
import llm.core.conversation.TurnEvent;
import llm.core.conversation.TurnReport;
import llm.core.conversation.wire.TurnWriter;
import llm.core.dialect.openai.upstream.ChatRequestWriter;
import llm.core.dialect.openai.upstream.RequestTraits;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;

/** What the conversation core costs a turn, a handover, an idle conversation, a start. */
public final class ConversationBench {
  private static final int WIDE = 4_000_000; // tokens: no warm-up comes into the measurement
  private static final int NARROW = 2_048;
  private static final int MEASURED = 100; // turns a round
  private static final int MANY = 10_000; // idle conversations
  private static final int TURNS_OF_MANY = 5;

  private ConversationBench() {}

  /** Options as {@code tools/bench/conversation --help} tells them. */
  public static void main(String[] arguments) {
    Commands.run(() -> measure(Args.parse(arguments, List.of())));
  }

  private static void measure(Args args) {
    Workbench bench = Workbench.open("conversation");
    int rounds = args.quick() ? 5 : 15;
    var report = new Report();
    double shortTalk = turns(10, rounds, Optional.empty(), report, "turn_us.at");
    double longTalk = turns(1_000, rounds, Optional.empty(), report, "turn_us");
    report.atMost(
        "conversation.turn_us_growth",
        longTalk / shortTalk,
        "",
        2,
        "turn_us with 1,000 messages / with 10");
    turns(1_000, Math.min(rounds, 5), Optional.of(bench), report, "turn_us.at");
    encode(report);
    handovers(args.quick() ? 60 : 300, report);
    idle(report);
    long journalBytes = args.quick() ? 256L << 20 : 2L << 30;
    OpenedJournal.measure(bench.folder().resolve("large"), journalBytes, 3, report);
    report.publish(Machine.facts(bench.root()) + "\nmodel    answers at once", args.json());
  }

  /** Median of a turn behind so many messages, in µs; the rounds begin new conversations. */
  private static double turns(
      int messages, int rounds, Optional<Workbench> journal, Report report, String metric) {
    Commands.progress("turns behind " + messages + " messages" + (journal.isPresent() ? ", journal" : ""));
    var options =
        new CoreSetup.Options(
            WIDE, 0.9, 0.95, journal.map(bench -> bench.folder().resolve("journal")));
    List<Double> medians = new ArrayList<>();
    try (var core = new CoreSetup(options)) {
      warmUp(core, journal.isPresent() ? 500 : 20_000);
      for (int round = 0; round < rounds; round++) {
        List<Double> micros = new ArrayList<>();
        for (int i = 0; i < MEASURED; i += 5) {
          String id = "r" + round + "-" + i;
          core.open(id);
          for (int turn = 0; turn < messages / 2; turn++) {
            core.turn(id);
          }
          for (int turn = 0; turn < 5; turn++) {
            micros.add(core.turn(id).nanos() / 1e3);
          }
          core.delete(id);
          if (journal.isPresent() || messages >= 1_000 && i >= 20) {
            break;
          }
        }
        medians.add(Stats.median(micros));
      }
    }
    double median = Stats.median(medians);
    String note = InstantModel.PIECES + " pieces, medians of rounds " + Stats.spread(medians);
    if (metric.endsWith(".at")) {
      report.at(
          "conversation.turn_us",
          median,
          "us",
          Map.of("messages", "" + messages, "store", journal.isPresent() ? "journal" : "memory"),
          note);
    } else {
      report.atMost("conversation." + metric, median, "us", 300, messages + " messages, " + note);
    }
    return median;
  }

  private static void warmUp(CoreSetup core, int turns) {
    for (int i = 0; i < turns; i++) {
      if (i % 50 == 0) {
        core.open("warm-" + i);
      }
      core.turn("warm-" + i / 50 * 50);
    }
  }

  /** The wire's share: the upstream's request, and the frames of the turn. */
  private static void encode(Report report) {
    Commands.progress("encoding");
    var options = new CoreSetup.Options(WIDE, 0.9, 0.95, Optional.empty());
    try (var core = new CoreSetup(options)) {
      core.open("c");
      for (int i = 0; i < 500; i++) {
        core.turn("c");
      }
      core.turn("c");
      var request = core.model.asked();
      var sink = new ByteArrayOutputStream(1 << 16);
      List<Double> upstream = new ArrayList<>();
      List<Double> frames = new ArrayList<>();
      for (int i = 0; i < 3_000; i++) {
        long start = System.nanoTime();
        int bytes = ChatRequestWriter.write(request, "m", true, RequestTraits.COMMON).length;
        long written = System.nanoTime();
        sink.reset();
        writeTurn(sink);
        long end = System.nanoTime();
        if (bytes < 100_000 || sink.size() < 1_000) {
          throw new BenchFailure("too little was encoded");
        }
        if (i >= 1_000) {
          upstream.add((written - start) / 1e3);
          frames.add((end - written) / 1e3);
        }
      }
      report.plain(
          "conversation.encode_us",
          Stats.median(upstream),
          "us",
          "the request to an upstream, " + request.messages().size() + " messages");
      report.at(
          "conversation.encode_us",
          Stats.median(frames),
          "us",
          Map.of("what", "frames"),
          "the turn's frames, " + InstantModel.PIECES + " pieces");
    }
  }

  private static void writeTurn(ByteArrayOutputStream sink) {
    var writer = new TurnWriter("bench");
    try {
      writer.write(new TurnEvent.Started("c", "t", false), sink);
      for (int i = 0; i < InstantModel.PIECES; i++) {
        writer.write(new TurnEvent.Chunk("word ", false), sink);
      }
      writer.write(new TurnEvent.Chunk("", true), sink);
      var one = OptionalDouble.of(1.5);
      writer.write(
          new TurnEvent.Finished(
              new TurnReport(
                  "t",
                  Optional.of(FinishReason.STOP),
                  new Usage(10, 10, 0),
                  one,
                  one,
                  one,
                  0.5,
                  0.5,
                  OptionalDouble.empty(),
                  0,
                  true)),
          sink);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /** What a turn that changes the context takes longer, until the model is asked. */
  private static void handovers(int wanted, Report report) {
    Commands.progress("handovers");
    var options = new CoreSetup.Options(NARROW, 0.6, 0.8, Optional.empty());
    List<Double> plain = new ArrayList<>();
    List<Double> changing = new ArrayList<>();
    int leftOut = 0;
    try (var core = new CoreSetup(options)) {
      core.open("c");
      for (int i = 0; changing.size() < wanted + wanted / 2 && i < 100_000; i++) {
        CoreSetup.Timed timed = core.turn("c");
        leftOut += timed.report().leftOutMessages() > 0 ? 1 : 0;
        (timed.report().handoverMs().isPresent() ? changing : plain).add(timed.toModel() / 1e6);
        Runner.sleep(java.time.Duration.ofMillis(2)); // a user needs longer
      }
    }
    if (changing.size() < wanted) {
      throw new BenchFailure("only " + changing.size() + " handovers came about");
    }
    List<Double> late = changing.subList(wanted / 2, changing.size());
    List<Double> usual = plain.subList(plain.size() / 3, plain.size());
    double stall = percentile(late, 0.95) - Stats.median(usual);
    report.atMost(
        "conversation.handover_stall_ms",
        Math.max(0, stall),
        "ms",
        1,
        "until the model is asked, 95th percentile of "
            + late.size()
            + " handovers − median of other turns; "
            + leftOut
            + " turns told less");
  }

  private static double percentile(List<Double> values, double share) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get((int) Math.min(sorted.size() - 1, Math.floor(share * sorted.size())));
  }

  /** Heap after full collections, without texts and without what the store keeps. */
  private static void idle(Report report) {
    Commands.progress("idle conversations");
    var options = new CoreSetup.Options(WIDE, 0.9, 0.95, Optional.empty());
    try (var core = new CoreSetup(options, new ForgetfulLogs())) {
      warmUp(core, 1_000);
      long before = heapBytes();
      for (int i = 0; i < MANY; i++) {
        core.open("idle-" + i);
        for (int turn = 0; turn < TURNS_OF_MANY; turn++) {
          core.turn("idle-" + i);
        }
      }
      long text = MANY * TURNS_OF_MANY * core.textBytes();
      double kib = (heapBytes() - before - text) / 1024.0 / MANY;
      report.atMost(
          "conversation.idle_kb",
          kib,
          "KiB",
          20,
          MANY + " conversations of " + 2 * TURNS_OF_MANY + " messages, their texts not counted");
    }
  }

  private static long heapBytes() {
    for (int i = 0; i < 4; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}

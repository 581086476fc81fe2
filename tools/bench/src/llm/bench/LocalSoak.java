package llm.bench;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import llm.bench.local.Fields;
import llm.bench.local.GeneratedModel;
import llm.bench.local.LocalServer;
import llm.bench.local.Prompts;
import llm.bench.local.Question;
import llm.bench.local.Setting;
import llm.bench.local.SoakClient;
import llm.bench.local.SoakCounts;
import llm.bench.local.Together;
import llm.bench.system.BenchFailure;
import llm.bench.system.Machine;
import llm.bench.system.Server;
import llm.bench.system.Workbench;

/**
 * The running server with a tiny model under streams of random lengths that are left at random, for
 * long: whether memory stays flat, every stream ends once and no slot is lost.
 */
public final class LocalSoak {
  /** A heap whose pages are all there from the start: it is no part of what grows. */
  private static final String HEAP = "-Xms256m -Xmx256m -XX:+AlwaysPreTouch";

  /** In 30 minutes out of step with the server's trims of its malloc. */
  private static final int SAMPLES = 80;

  private static final Duration PROGRESS = Duration.ofSeconds(10);
  private static final Duration DRAIN = Duration.ofSeconds(30);

  /** As many windows of the tiny model as the pool has that the engine takes unasked. */
  private static final int FILLING_PROMPTS = 4;

  private static final int FILLING_ANSWER = 100;

  /** Of what kept prompts may take: where the next one no longer fits, it is as full as it gets. */
  private static final double FULL = 0.9;

  private static final String PREFIX_BYTES = "llm_local_prefix_memory_bytes";

  private final Args args;
  private final int streams;
  private final int prefixMib;
  private final long seed;
  private final Duration length;
  private final List<String> failures = new ArrayList<>();
  private final SoakMemory memory = new SoakMemory();

  private LocalSoak(Args args) {
    this.args = args;
    this.streams = args.number("--streams", 1, 64);
    this.prefixMib = args.number("--prefix-memory", 0, 1024);
    this.length = Duration.ofSeconds(Math.round(60 * args.decimal("--minutes", 0.2, 1440)));
    this.seed = args.seed();
  }

  /** Options as {@code tools/soak --help} tells them; exits with 1 when something failed. */
  public static void main(String[] arguments) {
    Commands.run(() -> {
      var options =
          List.of(
              "--minutes=30",
              "--seed=",
              "--streams=8",
              "--prefix-memory=16",
              "--server=auto",
              "--threads=1",
              "--core=");
      new LocalSoak(Args.parse(arguments, options)).run();
    });
  }

  private void run() {
    Workbench bench = Workbench.open("soak");
    var model = GeneratedModel.TINY;
    var file = model.fileIn(bench.root().resolve("target/bench/models"));
    var setting =
        new Setting(
            model.contextTokens(),
            LocalSetup.BATCH_TOKENS,
            args.number("--threads", 1, 1024),
            args.value("--core"));
    Server.Launcher launcher = Server.launcher(bench.root(), args.value("--server"));
    System.err.println(Machine.facts(bench.root()) + "\nserver   " + launcher.words());
    Commands.progress("seed " + seed + ", " + streams + " streams, " + length.toSeconds() + " s");
    var counts = new SoakCounts();
    String more = "slots: " + streams + "\nprefix_memory_mb: " + prefixMib;
    try (LocalServer server =
        LocalServer.start(bench, launcher, "server", file, setting, more, HEAP)) {
      watched(server, counts);
    }
    failures.addAll(counts.failures());
    memory.write(bench.folder().resolve("memory.tsv"));
    summary(counts);
  }

  /** What ends the soak early is told in its summary, with what was seen before. */
  private void watched(LocalServer server, SoakCounts counts) {
    try {
      fill(server);
      soak(server, counts);
      afterwards(server);
    } catch (BenchFailure | UncheckedIOException failure) {
      failures.add(failure.getMessage());
    }
  }

  /**
   * Fills the pool: a context reserves its buffers when it is made, but their pages become resident
   * when places that far are first used, by luck any time. And kept prefixes have to make room from
   * the beginning, in the pool and in the memory beside it.
   */
  private void fill(LocalServer server) {
    Commands.progress("fills the pool");
    int prompt = GeneratedModel.TINY.contextTokens() - FILLING_ANSWER;
    var prompts = new Prompts(seed);
    List<Question> questions =
        Stream.generate(() -> Question.greedy(prompts.of(prompt), FILLING_ANSWER))
            .limit(Math.min(streams, FILLING_PROMPTS))
            .toList();
    try (var together = new Together(server.port(), questions)) {
      together.answers().forEach(answer -> answer.whole(FILLING_ANSWER));
    }
    double full = FULL * (prefixMib << 20);
    int most = 8 * (prefixMib + 1); // one of these prompts takes more than 1/4 MiB
    for (int i = 0; i < most && gauge(server, PREFIX_BYTES) < full; i++) {
      server.ask(Question.greedy(prompts.of(prompt / 2), 1)).whole(1);
    }
    if (gauge(server, PREFIX_BYTES) < full) {
      throw new BenchFailure("the memory for kept prompts does not fill");
    }
  }

  private void soak(LocalServer server, SoakCounts counts) {
    long end = System.nanoTime() + length.toNanos();
    List<String> known = SoakClient.known(seed);
    List<Thread> clients =
        IntStream.range(0, streams)
            .mapToObj(i -> new SoakClient(server.port(), seed * 31 + i, known, counts, end))
            .map(client -> Thread.ofPlatform().daemon().start(client))
            .toList();
    long start = System.nanoTime();
    long told = start;
    var every = Duration.ofNanos(length.toNanos() / SAMPLES);
    while (System.nanoTime() < end && !counts.failed()) {
      Runner.sleep(every);
      var sample =
          memory.look(server.pid(), (System.nanoTime() - start) / 1e9, gauge(server, PREFIX_BYTES));
      if (System.nanoTime() - told >= PROGRESS.toNanos()) {
        told = System.nanoTime();
        Commands.progress(counts + "; " + sample);
      }
    }
    for (Thread client : clients) {
      try {
        if (!client.join(DRAIN)) {
          failures.add("a stream has not ended " + DRAIN.toSeconds() + " s after the soak");
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException("interrupted", e);
      }
    }
  }

  /** Nothing is in work, and as many streams as slots can run at once as before. */
  private void afterwards(LocalServer server) {
    boolean idle = Trials.await(DRAIN, () -> gauge(server, "llm_local_requests_in_work") == 0);
    if (!idle) {
      failures.add("requests are in work after the last one ended");
    }
    if (gauge(server, "llm_local_queue_depth") != 0) {
      failures.add("requests wait after the last one ended");
    }
    List<Question> questions =
        IntStream.range(0, streams)
            .mapToObj(i -> Question.greedy(i + " after the soak", 400))
            .toList();
    try (var together = new Together(server.port(), questions)) {
      var answers = together.answers();
      answers.forEach(answer -> answer.whole(400));
      long lastBegan = answers.stream().mapToLong(a -> a.pieceNanos()[0]).max().orElse(0);
      long firstEnded =
          answers.stream()
              .mapToLong(a -> a.pieceNanos()[a.pieceNanos().length - 1])
              .min()
              .orElse(0);
      if (lastBegan > firstEnded) {
        failures.add("slots are lost: " + streams + " streams no longer run at once");
      }
    }
  }

  private static double gauge(LocalServer server, String name) {
    return Fields.metric(server.metrics(), name);
  }

  private void summary(SoakCounts counts) {
    failures.addAll(memory.failures());
    String text =
        String.format(
            Locale.ROOT,
            "{\"soak\":\"local\",\"seed\":%d,\"seconds\":%d,\"streams\":%d,%s,%s,"
                + "\"passed\":%b,\"failures\":[%s]}",
            seed,
            length.toSeconds(),
            streams,
            counts.json(),
            memory.json(),
            failures.isEmpty(),
            failures.stream().map(Fields::quoted).collect(Collectors.joining(",")));
    System.out.println(text);
    args.json().ifPresent(file -> Report.write(file, text + "\n"));
    if (!failures.isEmpty()) {
      throw new BenchFailure(String.join("; ", failures) + ". Repeat it with --seed " + seed + ".");
    }
  }
}

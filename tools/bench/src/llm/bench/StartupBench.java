package llm.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llm.bench.system.BenchFailure;
import llm.bench.system.Child;
import llm.bench.system.Http;
import llm.bench.system.Machine;
import llm.bench.system.Proc;
import llm.bench.system.Server;
import llm.bench.system.Workbench;

/** How long the image takes to start, what it takes in memory then and on disk. */
public final class StartupBench {
  private static final int STARTS = 10;
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration BEFORE_RSS = Duration.ofSeconds(2);
  private static final Map<String, String> SHIPPED = Map.of();
  private static final Map<String, String> NO_MODEL =
      Map.of("LLM_PROVIDERS_LOCAL_BUILTIN", "false");

  private StartupBench() {}

  /** Options as {@code tools/bench/startup --help} tells them. */
  public static void main(String[] arguments) {
    Commands.run(() -> measure(Args.parse(arguments, List.of("--server=image"))));
  }

  private static void measure(Args args) {
    Workbench bench = Workbench.open("startup");
    String facts = Machine.facts(bench.root());
    Server.Launcher launcher = Server.launcher(bench.root(), args.value("--server"));
    var report = new Report();
    start(
        bench,
        launcher,
        "start-0",
        Duration.ZERO,
        SHIPPED); // Brings the files into the page cache.
    var millis = new ArrayList<Double>();
    var resident = new ArrayList<Double>();
    var own = new ArrayList<Double>();
    var withModel = new ArrayList<Double>();
    int rssEvery = args.quick() ? STARTS / 2 : 1;
    for (int i = 1; i <= STARTS; i++) {
      Commands.progress("start " + i + " of " + STARTS);
      Duration stay = i % rssEvery == 0 ? BEFORE_RSS : Duration.ZERO;
      Started started = start(bench, launcher, "start-" + i, stay, SHIPPED);
      millis.add(started.millis);
      if (stay.isPositive()) {
        withModel.add(started.residentMib);
        Started alone = start(bench, launcher, "no-model-" + i, stay, NO_MODEL);
        resident.add(alone.residentMib);
        own.add(alone.privateMib);
      }
    }
    report.atMost(
        "startup.ms",
        Stats.median(millis),
        "ms",
        150,
        "exec to the first 200 of /health, " + Stats.spread(millis));
    report.atMost(
        "startup.rss_mb",
        Stats.median(resident),
        "MiB",
        80,
        "VmRSS 2 s later without a model, " + Stats.spread(resident));
    report.at(
        "startup.rss_mb",
        Stats.median(own),
        "MiB",
        Map.of("kind", "private"),
        "without pages that are shared or of files");
    report.at(
        "startup.rss_mb",
        Stats.median(withModel),
        "MiB",
        Map.of("kind", "builtin"),
        "with the model that comes with the program, where the image has it");
    sizes(launcher, report);
    report.publish(
        facts + "\nserver   " + launcher.words() + ", as shipped, logging to a file", args.json());
  }

  private record Started(double millis, double residentMib, double privateMib) {}

  private static Started start(
      Workbench bench,
      Server.Launcher launcher,
      String name,
      Duration stay,
      Map<String, String> environment) {
    int port = Workbench.freePort();
    var command = List.of(launcher.program().toString(), "--port", String.valueOf(port));
    Path log = bench.folder().resolve(name + ".log");
    long start = System.nanoTime();
    try (Child server = Child.start("the server", command, environment, log)) {
      Http.awaitOk(server, port, "/health", LIMIT);
      double millis = (System.nanoTime() - start) / 1e6;
      if (stay.isPositive()) {
        Runner.sleep(stay);
      }
      return new Started(
          millis, Proc.residentKib(server.pid()) / 1024.0, Proc.privateKib(server.pid()) / 1024.0);
    }
  }

  private static void sizes(Server.Launcher launcher, Report report) {
    Path home = launcher.program().toAbsolutePath().getParent().getParent();
    if (!Files.isExecutable(home.resolve("bin/java"))) {
      report.remark("image.mb and image.native_mb are left out: " + home + " is no image");
      return;
    }
    double all = diskMib(home);
    Path libraries = home.resolve("native");
    double natives = Files.isDirectory(libraries) ? diskMib(libraries) : 0;
    report.atMost("image.mb", all - natives, "MiB", 95, "du, without the native libraries");
    report.plain("image.native_mb", natives, "MiB", "du of native/");
  }

  private static double diskMib(Path folder) {
    String output = Jcmd.output(List.of("du", "-sk", folder.toString()));
    String kib = output.split("\\s", 2)[0];
    if (!kib.matches("\\d+")) {
      throw new BenchFailure("du -sk " + folder + " said: " + output);
    }
    return Long.parseLong(kib) / 1024.0;
  }
}

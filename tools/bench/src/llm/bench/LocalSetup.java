package llm.bench;

import java.nio.file.Path;
import java.util.Optional;
import llm.bench.local.CLoop;
import llm.bench.local.GeneratedModel;
import llm.bench.local.Library;
import llm.bench.local.LocalServer;
import llm.bench.local.Setting;
import llm.bench.system.Server;
import llm.bench.system.Workbench;

/**
 * What the parts of the local benchmark share: the library, the models, how the server and the C
 * loop are started.
 */
record LocalSetup(
    Workbench bench,
    Server.Launcher launcher,
    Library library,
    Optional<Path> loop,
    Report report,
    boolean quick,
    int threads,
    String core) {
  static final int BATCH_TOKENS = 512;

  /** Further settings of a server that serves eight streams and two requests beside them. */
  static final String SLOTS = "slots: 10\n";

  static LocalSetup open(Args args, String name) {
    Workbench bench = Workbench.open(name);
    var report = new Report();
    Library library = Library.find(bench.root());
    Optional<Path> loop = Optional.empty();
    if (!CLoop.headersIn(library.headers())) {
      report.remark(
          "what needs the C loop is left out: no llama.h in native/include;"
              + " tools/native --headers fetches it");
    } else {
      loop = CLoop.compile(library, bench.folder());
      if (loop.isEmpty()) {
        report.remark("what needs the C loop is left out: gcc is not installed");
      }
    }
    return new LocalSetup(
        bench,
        Server.launcher(bench.root(), args.value("--server")),
        library,
        loop,
        report,
        args.quick(),
        args.number("--threads", 1, 1024),
        args.value("--core"));
  }

  /** Files outlive the runs: writing the large one takes a second or two. */
  Path file(GeneratedModel model) {
    return model.fileIn(bench.root().resolve("target/bench/models"));
  }

  Setting setting(GeneratedModel model) {
    return new Setting(model.contextTokens(), BATCH_TOKENS, threads, core);
  }

  LocalServer server(GeneratedModel model, String more) {
    Commands.progress("starting the server with the model " + model.label());
    return LocalServer.start(
        bench, launcher, "server-" + model.label(), file(model), setting(model), more, "");
  }

  CLoop cLoop(GeneratedModel model, int sequences, boolean unified) {
    return CLoop.start(
        loop.orElseThrow(),
        library,
        file(model),
        setting(model),
        sequences,
        unified,
        bench.folder());
  }

  /** More of something in a full run. */
  int count(int full, int quickly) {
    return quick ? quickly : full;
  }
}

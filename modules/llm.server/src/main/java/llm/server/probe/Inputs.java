package llm.server.probe;

import java.nio.file.Path;
import java.util.Optional;
import llm.server.probe.Options.Known;
import llm.server.probe.Options.Wrong;

/**
 * What both commands are told.
 *
 * @param config file or folder; empty: as the server finds it
 * @param prompts file; empty: that beside the configuration
 * @param model empty: the default one
 * @param repeats how often the text, or the last step, is asked
 * @param reports folder of the reports, made where it is missing
 */
record Inputs(
    Optional<Path> config,
    Optional<Path> prompts,
    Optional<String> model,
    int repeats,
    Path reports) {
  static final Known CONFIG =
      new Known("--config", "PATH", "Configuration file, or the folder it is in.");
  static final Known PROMPTS =
      new Known("--prompts", "FILE", "Prompts (default: prompts.yml beside the configuration).");
  static final Known MODEL = new Known("--model", "ID", "Model to ask (default: the default one).");
  static final Known REPORTS =
      new Known("--report-dir", "FOLDER", "Where reports go (default: reports).");
  static final String REPEATS = "--repeats";
  private static final int MOST_REPEATS = 10_000;

  static Inputs of(Options options, int repeats) throws Wrong {
    return new Inputs(
        options.path(CONFIG.name()),
        options.path(PROMPTS.name()),
        options.text(MODEL.name()),
        options.count(REPEATS, repeats, MOST_REPEATS),
        options.path(REPORTS.name()).orElse(Path.of("reports")));
  }
}

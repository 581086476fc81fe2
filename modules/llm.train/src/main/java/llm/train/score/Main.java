package llm.train.score;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import llm.train.corpus.CorpusException;
import llm.train.corpus.Language;
import llm.train.corpus.ProductCorpus;

/** The command {@code tools/train-builtin --score}; {@code --help} lists its options. */
public final class Main {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int WRONG_USE = 2;
  private static final Duration START_LIMIT = Duration.ofMinutes(5);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
  private static final String BUILTIN = "builtin";
  private static final String LOCAL = "local";

  private Main() {}

  /** Runs it; the exit code is 0, 1 when there is no score, 2 for a wrong option. */
  public static void main(String[] arguments) {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Path root = Path.of(System.getProperty("llm.home", "")).toAbsolutePath();
    System.exit(run(root, out, System.err, arguments));
  }

  /** The same, of the repository at {@code root}; returns the exit code. */
  static int run(Path root, PrintStream out, PrintStream err, String... arguments) {
    try {
      Options options = Options.read(arguments);
      if (options.help()) {
        out.print(Options.HELP);
        return OK;
      }
      print(out, options, score(root, err, options));
      return OK;
    } catch (Options.Wrong wrong) {
      err.println("tools/train-builtin: " + wrong.getMessage() + "; --score --help lists them.");
      return WRONG_USE;
    } catch (CannotScore failure) {
      err.println("tools/train-builtin: no score: " + failure.getMessage());
      return FAILED;
    } catch (InterruptedException stopped) {
      err.println("tools/train-builtin: no score: it was interrupted");
      return FAILED;
    }
  }

  private static Score score(Path root, PrintStream err, Options options)
      throws CannotScore, InterruptedException {
    TestSet questions = TestSet.read(root.resolve(TestSet.FILE));
    var scoring = new Scoring(questions, key(root));
    var console = System.console();
    var progress =
        new Progress(err, console != null && console.isTerminal(), questions.questions().size());
    if (options.server().isPresent()) {
      return ask(scoring, progress, options.server().get(), BUILTIN);
    }
    err.println("starting the server");
    try (var server = ProductServer.start(root, options.model(), START_LIMIT)) {
      String model = options.model().isPresent() ? LOCAL : BUILTIN;
      return ask(scoring, progress, server.address(), model);
    }
  }

  private static Score ask(Scoring scoring, Progress progress, URI server, String model)
      throws CannotScore, InterruptedException {
    try (var client = new ChatClient(server, model, ANSWER_LIMIT)) {
      return scoring.run(client, progress);
    }
  }

  private static AnswerKey key(Path root) throws CannotScore {
    try {
      ProductCorpus corpus = ProductCorpus.read(root);
      var fallback = new EnumMap<Language, String>(Language.class);
      for (Language language : Language.values()) {
        fallback.put(language, corpus.fallback(language));
      }
      return new AnswerKey(corpus.answers(), fallback);
    } catch (CorpusException wrong) {
      throw new CannotScore("the corpus cannot be read: " + wrong.getMessage());
    }
  }

  private static void print(PrintStream out, Options options, Score score) throws CannotScore {
    var report = new Report(score);
    if (options.verbose()) {
      out.println(report.wrong());
    }
    out.print(options.card() ? report.card() : report.table());
    if (options.json().isPresent()) {
      write(options.json().get(), report.json());
    }
  }

  private static void write(Path file, String json) throws CannotScore {
    try {
      Files.writeString(file, json + "\n");
    } catch (IOException failure) {
      throw new CannotScore(file + " cannot be written: " + failure);
    }
  }
}

package llm.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import llm.train.Options.Misuse;
import llm.train.corpus.Corpus;
import llm.train.corpus.CorpusException;
import llm.train.corpus.ProductCorpus;
import llm.train.gguf.TensorFormat;

/**
 * {@code tools/train-builtin}: trains the model that ships with the server. The property {@code
 * llm.home} names the repository's root (default: where it was started). Ends with 0, with 1 when
 * it could not, with 2 when it was not understood.
 */
public final class Main {
  private static final int FAILED = 1;
  private static final int MISUSED = 2;

  private Main() {}

  /** Trains, with {@code --help} says how to ask for it. */
  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments)));
  }

  private static int run(List<String> arguments) {
    try {
      Options options = Options.read(arguments, Runtime.getRuntime().availableProcessors());
      if (options.help()) {
        System.out.print(Options.HELP);
        return 0;
      }
      train(options, Path.of(System.getProperty("llm.home", "")).toAbsolutePath());
      return 0;
    } catch (Misuse misuse) {
      return fail(MISUSED, misuse.getMessage());
    } catch (CorpusException wrong) {
      return fail(FAILED, wrong.getMessage());
    } catch (IOException failure) {
      return fail(FAILED, "the file cannot be written: " + failure.getMessage());
    } catch (InterruptedException interrupted) {
      return fail(FAILED, "interrupted; nothing was written.");
    }
  }

  private static void train(Options options, Path root) throws IOException, InterruptedException {
    boolean terminal = System.console() != null && System.console().isTerminal();
    var progress = new Progress(System.err, System::nanoTime, terminal);
    Corpus corpus = ProductCorpus.read(root);
    Recipe recipe = Recipe.builtin(options.seed(), options.steps());
    TrainedModel model = new Trainer(corpus, recipe, options.threads(), progress).train();
    byte[] file = model.file(corpus, TensorFormat.Q8_0);
    Path output = options.output().orElse(root.resolve("models/builtin.gguf"));
    String hash = OutputFile.write(output, file);
    System.out.printf(
        Locale.ROOT,
        "%s: %,d bytes, SHA-256 %s%n%.1f %% of questions for tuning answered right, unsure below %.2f%n",
        output,
        file.length,
        hash,
        100 * model.threshold().right(),
        model.threshold().minProbability());
  }

  private static int fail(int status, String message) {
    System.err.println("tools/train-builtin: " + message);
    return status;
  }
}

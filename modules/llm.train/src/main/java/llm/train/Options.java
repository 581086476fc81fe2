package llm.train;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import llm.train.net.Learner;

/**
 * The options of {@code tools/train-builtin}.
 *
 * @param seed of the training
 * @param steps of the training
 * @param output the file to make; empty: {@code models/builtin.gguf}
 * @param threads that compute
 * @param help whether only the help is wanted
 */
record Options(long seed, int steps, Optional<Path> output, int threads, boolean help) {
  private static final int MAX_THREADS = Learner.SHARDS;

  /** What {@code --help} prints. */
  static final String HELP =
      """
      tools/train-builtin [OPTIONS]: trains the model that ships with the server, and puts it with its
      SHA-256 into models/. The same seed and steps give the same file, byte for byte, on one machine.
        --seed N       of the first weights and of the dialogues (%d)
        --steps N      how often the weights change (%d)
        --output FILE  the file to make (models/builtin.gguf)
        --threads N    threads that compute, 1 to %d (the processors there are); the file is the same
        --score        does not train: asks a server the questions of the test set; --score --help
                       lists its own options
        --help         this text
      """
          .formatted(Recipe.DEFAULT_SEED, Recipe.DEFAULT_STEPS, MAX_THREADS);

  /** What cannot be understood. */
  static final class Misuse extends Exception {
    private static final long serialVersionUID = 1;

    Misuse(String message) {
      super(message);
    }
  }

  /** Reads a command line; values follow an option or its {@code =}. */
  static Options read(List<String> arguments, int processors) throws Misuse {
    var options =
        new Options(
            Recipe.DEFAULT_SEED,
            Recipe.DEFAULT_STEPS,
            Optional.empty(),
            Math.clamp(processors, 1, MAX_THREADS),
            false);
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String argument = rest.next();
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      Optional<String> inline =
          equals < 0 ? Optional.empty() : Optional.of(argument.substring(equals + 1));
      options =
          name.equals("-h") || name.equals("--help")
              ? new Options(options.seed, options.steps, options.output, options.threads, true)
              : options.with(name, () -> inline.orElseGet(() -> rest.hasNext() ? rest.next() : ""));
    }
    return options;
  }

  /** The value of an option, asked for only when the option is known. */
  private interface Value {
    String text();
  }

  private Options with(String name, Value value) throws Misuse {
    return switch (name) {
      case "--seed" ->
          new Options(
              number(name, value, Long.MIN_VALUE, Long.MAX_VALUE), steps, output, threads, help);
      case "--steps" ->
          new Options(seed, (int) number(name, value, 1, Recipe.MAX_STEPS), output, threads, help);
      case "--output" -> new Options(seed, steps, Optional.of(file(name, value)), threads, help);
      case "--threads" ->
          new Options(seed, steps, output, (int) number(name, value, 1, MAX_THREADS), help);
      default -> throw new Misuse("unknown option '" + name + "'; --help lists them.");
    };
  }

  private static long number(String name, Value value, long least, long most) throws Misuse {
    String text = value.text();
    try {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException noNumber) {
      throw new Misuse(name + " needs a whole number, not '" + text + "'.");
    }
    throw new Misuse(name + " is " + text + " and must be " + least + " to " + most + ".");
  }

  private static Path file(String name, Value value) throws Misuse {
    String text = value.text();
    try {
      if (!text.isEmpty()) {
        return Path.of(text);
      }
    } catch (InvalidPathException invalid) {
      throw new Misuse(name + " is no path: " + invalid.getMessage() + ".");
    }
    throw new Misuse(name + " needs a file.");
  }
}

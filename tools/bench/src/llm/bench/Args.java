package llm.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.bench.system.BenchFailure;

/** The options of a benchmark: {@code --quick}, {@code --json FILE} and those of its own. */
final class Args {
  private final Map<String, String> values = new LinkedHashMap<>();

  private Args() {}

  /**
   * Reads the command line; an option {@code name=DEFAULT} of {@code own} takes a value, one
   * without {@code =} is a switch.
   */
  static Args parse(String[] args, List<String> own) {
    var parsed = new Args();
    var known = new LinkedHashMap<String, Boolean>(Map.of("--quick", false, "--json", true));
    for (String option : own) {
      String[] parts = option.split("=", 2);
      known.put(parts[0], parts.length == 2);
      if (parts.length == 2) {
        parsed.values.put(parts[0], parts[1]);
      }
    }
    for (int i = 0; i < args.length; i++) {
      Boolean takesValue = known.get(args[i]);
      if (takesValue == null) {
        throw new BenchFailure("unknown option " + args[i] + "; --help lists them");
      }
      if (takesValue && i + 1 == args.length) {
        throw new BenchFailure(args[i] + " needs a value; --help says which");
      }
      parsed.values.put(args[i], takesValue ? args[++i] : "true");
    }
    parsed.json().ifPresent(Args::checkWritable);
    return parsed;
  }

  /** Said before the measurement, not after it. */
  private static void checkWritable(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    boolean writable = Files.exists(file) ? Files.isWritable(file) : Files.isWritable(folder);
    if (!writable || Files.isDirectory(file)) {
      throw new BenchFailure("--json " + file + " cannot be written; name a file in a folder");
    }
  }

  boolean quick() {
    return has("--quick");
  }

  boolean has(String name) {
    return "true".equals(values.get(name));
  }

  String value(String name) {
    return values.get(name);
  }

  /** The whole number behind an option. */
  int number(String name, int least, int most) {
    String text = values.get(name);
    if (!text.matches("\\d{1,9}")
        || Integer.parseInt(text) < least
        || Integer.parseInt(text) > most) {
      throw new BenchFailure(
          name + " " + text + " is no whole number from " + least + " to " + most);
    }
    return Integer.parseInt(text);
  }

  /** The decimal number behind an option. */
  double decimal(String name, double least, double most) {
    String text = values.get(name);
    double value = text.matches("\\d{1,9}(\\.\\d{1,9})?") ? Double.parseDouble(text) : Double.NaN;
    if (!(value >= least && value <= most)) {
      throw new BenchFailure(name + " " + text + " is no number from " + least + " to " + most);
    }
    return value;
  }

  /** The whole number behind {@code --seed}; one taken from the clock when it is empty. */
  long seed() {
    String given = value("--seed");
    if (!given.matches("-?\\d{0,18}") || given.equals("-")) {
      throw new BenchFailure("--seed " + given + " is no whole number");
    }
    return given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
  }

  Optional<Path> json() {
    return Optional.ofNullable(values.get("--json")).map(Path::of);
  }
}

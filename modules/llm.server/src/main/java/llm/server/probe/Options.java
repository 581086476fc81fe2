package llm.server.probe;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a command line says: {@code --name VALUE} or {@code --name=VALUE}, each at most once. */
final class Options {
  private static final int HELP_COLUMN = 24;

  private final Map<String, String> given;

  /**
   * One that a command knows.
   *
   * @param name as it is written, {@code --repeats}
   * @param label the word for its value in the help
   */
  record Known(String name, String label, String description) {}

  /** What is wrong, in words for the user. */
  static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message, null, false, false);
    }
  }

  private Options(Map<String, String> given) {
    this.given = given;
  }

  static Options read(List<Known> known, String... args) throws Wrong {
    var names = known.stream().map(Known::name).collect(Collectors.toSet());
    var given = new LinkedHashMap<String, String>();
    for (int at = 0; at < args.length; at++) {
      int equals = args[at].indexOf('=');
      String name = equals < 0 ? args[at] : args[at].substring(0, equals);
      if (!names.contains(name)) {
        String kind = name.startsWith("-") ? "unknown option '" : "unexpected argument '";
        throw new Wrong(kind + name.replaceAll("\\p{Cntrl}", "?") + "'");
      }
      if (equals < 0 && ++at == args.length) {
        throw new Wrong("option " + name + " needs a value");
      }
      if (given.put(name, equals < 0 ? args[at] : args[at].substring(equals + 1)) != null) {
        throw new Wrong("option " + name + " was given twice");
      }
    }
    return new Options(given);
  }

  /** The lines of the help. */
  static String help(List<Known> known) {
    return known.stream()
        .map(one -> {
          String left = "  " + one.name() + " " + one.label();
          return left
              + " ".repeat(Math.max(1, HELP_COLUMN - left.length()))
              + one.description()
              + "\n";
        })
        .collect(Collectors.joining());
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(given.get(name));
  }

  Optional<Path> path(String name) throws Wrong {
    try {
      return text(name).map(Path::of);
    } catch (InvalidPathException refused) {
      throw new Wrong(name + ": '" + refused.getInput() + "' is no path");
    }
  }

  int count(String name, int fallback, int most) throws Wrong {
    String value = given.get(name);
    if (value == null) {
      return fallback;
    }
    try {
      int count = Integer.parseInt(value);
      if (count >= 1 && count <= most) {
        return count;
      }
    } catch (NumberFormatException _) {
      return refuse(name, value, most);
    }
    return refuse(name, value, most);
  }

  private static int refuse(String name, String value, int most) throws Wrong {
    throw new Wrong(name + ": '" + value + "' must be a whole number from 1 to " + most);
  }
}

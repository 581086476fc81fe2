package llm.server.boot;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.config.ConfigSources;

/**
 * Reads the command line: options in any order, each at most once, a value behind a space or behind
 * {@code =}. Written by hand, because the nine options are read before the first request can be
 * answered and every millisecond here is one of the start.
 */
final class CommandLineReader {
  private static final String NAME = "llm.server";

  /** The setting that --model sets. */
  static final String LOCAL_MODEL = "providers.local.model";

  /** Options that set a setting, and its path. */
  private static final Map<CommandOption, String> SETTINGS =
      Map.of(
          CommandOption.PORT, "server.port",
          CommandOption.HOST, "server.host",
          CommandOption.MODEL, LOCAL_MODEL);

  private final String version;

  CommandLineReader(String version) {
    this.version = version;
  }

  Command read(String... args) {
    try {
      return command(options(args));
    } catch (Wrong wrong) {
      return new Command.Refuse(
          NAME
              + ": "
              + wrong.getMessage()
              + "; --help lists the options."
              + System.lineSeparator());
    }
  }

  private Command command(Map<CommandOption, String> given) throws Wrong {
    if (given.containsKey(CommandOption.HELP)) {
      return new Command.Print(CommandOption.help(NAME));
    }
    if (given.containsKey(CommandOption.VERSION)) {
      return new Command.Print(NAME + " " + version + System.lineSeparator());
    }
    if (given.containsKey(CommandOption.NEW_API_KEY)) {
      return newKey(given.get(CommandOption.NEW_API_KEY));
    }
    if (given.containsKey(CommandOption.PRINT_CONFIG_REFERENCE)) {
      return new Command.PrintReference();
    }
    var choices = choices(given);
    return given.containsKey(CommandOption.CHECK_CONFIG)
        ? new Command.CheckConfig(choices)
        : new Command.Serve(choices);
  }

  /** What was given, by option; the empty text for one that takes no value. */
  private static Map<CommandOption, String> options(String... args) throws Wrong {
    var given = new EnumMap<CommandOption, String>(CommandOption.class);
    for (int index = 0; index < args.length; index++) {
      String arg = args[index];
      int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
      String name = equals < 0 ? arg : arg.substring(0, equals);
      CommandOption option = option(name);
      String value = equals < 0 ? "" : arg.substring(equals + 1);
      if (option.takesValue() && equals < 0) {
        index++;
        if (index == args.length || CommandOption.named(args[index]).isPresent()) {
          throw new Wrong("option " + name + " needs a value (" + option.label() + ")");
        }
        value = args[index];
      } else if (!option.takesValue() && equals >= 0) {
        throw new Wrong("option " + name + " takes no value");
      }
      if (given.put(option, value) != null) {
        throw new Wrong("option " + name + " was given twice");
      }
    }
    return given;
  }

  private static CommandOption option(String name) throws Wrong {
    Optional<CommandOption> known = CommandOption.named(name);
    if (known.isEmpty()) {
      String kind = name.startsWith("-") ? "unknown option " : "unexpected argument ";
      throw new Wrong(kind + "'" + name.replaceAll("\\p{Cntrl}", "?") + "'");
    }
    return known.get();
  }

  private static Command newKey(String name) throws Wrong {
    String stripped = name.strip();
    if (stripped.isEmpty() || stripped.chars().anyMatch(Character::isISOControl)) {
      throw new Wrong("--new-api-key needs a name of one line that is not blank");
    }
    return new Command.NewKey(stripped);
  }

  private static Command.Choices choices(Map<CommandOption, String> given) throws Wrong {
    var flags = new LinkedHashMap<String, ConfigSources.Flag>();
    SETTINGS.forEach((option, path) -> {
      String value = given.get(option);
      if (value != null) {
        flags.put(path, new ConfigSources.Flag(option.flag(), value));
      }
    });
    try {
      var config = Optional.ofNullable(given.get(CommandOption.CONFIG)).map(Path::of);
      return new Command.Choices(config, flags);
    } catch (InvalidPathException refused) {
      throw new Wrong("--config: '" + refused.getInput() + "' is no path");
    }
  }

  /** What is wrong with the command line, in words for its user. */
  private static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message, null, false, false);
    }
  }
}

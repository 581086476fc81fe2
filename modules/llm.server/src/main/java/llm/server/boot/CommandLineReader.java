package llm.server.boot;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.config.ConfigSources;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Reads the command line; without reflection, so that it costs little at start. */
final class CommandLineReader {
  private static final String NAME = "llm.server";

  /** The setting that --model sets. */
  static final String LOCAL_MODEL = "providers.local.model";

  /** Options that set a setting, and its path. */
  private static final Map<String, String> SETTINGS =
      Map.of("--port", "server.port", "--host", "server.host", "--model", LOCAL_MODEL);

  private final String version;

  CommandLineReader(String version) {
    this.version = version;
  }

  Command read(String... args) {
    var line = new CommandLine(spec());
    try {
      ParseResult result = line.parseArgs(args);
      if (result.hasMatchedOption("--help")) {
        return new Command.Print(line.getUsageMessage(Ansi.OFF));
      }
      if (result.hasMatchedOption("--version")) {
        return new Command.Print(NAME + " " + version + System.lineSeparator());
      }
      if (result.hasMatchedOption("--new-api-key")) {
        return newKey(result.matchedOptionValue("--new-api-key", ""));
      }
      if (result.hasMatchedOption("--print-config-reference")) {
        return new Command.PrintReference();
      }
      var choices = choices(result);
      return result.hasMatchedOption("--check-config")
          ? new Command.CheckConfig(choices)
          : new Command.Serve(choices);
    } catch (ParameterException refused) {
      return refuse(refused.getMessage());
    } catch (InvalidPathException refused) {
      return refuse("--config: '" + refused.getInput() + "' is no path");
    }
  }

  private static Command newKey(String name) {
    String stripped = name.strip();
    return stripped.isEmpty() || stripped.chars().anyMatch(Character::isISOControl)
        ? refuse("--new-api-key needs a name of one line that is not blank")
        : new Command.NewKey(stripped);
  }

  private static Command refuse(String message) {
    return new Command.Refuse(
        NAME + ": " + message + "; --help lists the options." + System.lineSeparator());
  }

  private static Command.Choices choices(ParseResult result) {
    var flags = new LinkedHashMap<String, ConfigSources.Flag>();
    SETTINGS.forEach((option, path) -> {
      if (result.hasMatchedOption(option)) {
        String value = result.matchedOptionValue(option, "");
        flags.put(path, new ConfigSources.Flag(option, value));
      }
    });
    Optional<String> config = Optional.ofNullable(result.matchedOptionValue("--config", null));
    return new Command.Choices(config.map(Path::of), flags);
  }

  private static CommandSpec spec() {
    var spec = CommandSpec.create().name(NAME);
    spec.usageMessage()
        .description(
            "An LLM gateway with in-process GGUF inference. Without options it serves"
                + " http://127.0.0.1:8000 with the model 'mock'.")
        .sortOptions(false)
        .width(100);
    return spec.addOption(valued("--port", "N", "Port to listen on (default 8000; 0: any free)."))
        .addOption(valued("--host", "ADDRESS", "Address to listen on (default 127.0.0.1)."))
        .addOption(valued("--config", "PATH", "Configuration file, or the folder it is in."))
        .addOption(valued("--model", "FILE.gguf", "Model to serve as 'local'."))
        .addOption(flag("--check-config", "Say whether the configuration is valid, and exit."))
        .addOption(flag("--print-config-reference", "Print every setting as Markdown, and exit."))
        .addOption(valued("--new-api-key", "NAME", "Make an API key, print it, and exit."))
        .addOption(flag("--version", "Print the version, and exit."))
        .addOption(flag("--help", "Print this, and exit."));
  }

  private static OptionSpec valued(String name, String label, String doc) {
    return OptionSpec.builder(name)
        .paramLabel(label)
        .arity("1")
        .type(String.class)
        .description(doc)
        .build();
  }

  private static OptionSpec flag(String name, String doc) {
    return OptionSpec.builder(name).arity("0").type(Boolean.class).description(doc).build();
  }
}

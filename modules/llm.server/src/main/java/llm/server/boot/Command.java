package llm.server.boot;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.config.ConfigSources;

/** What the command line asks for. */
sealed interface Command {

  /** Serve until told to stop. */
  record Serve(Choices choices) implements Command {}

  /** Read everything, start nothing that lasts, and say what is wrong. */
  record CheckConfig(Choices choices) implements Command {}

  /** Print the reference of every setting. */
  record PrintReference() implements Command {}

  /** Make an API key. */
  record NewKey(String name) implements Command {}

  /** Print a text that was asked for. */
  record Print(String text) implements Command {}

  /** Say what is wrong with the command line. */
  record Refuse(String text) implements Command {}

  /**
   * What the command line says of the configuration.
   *
   * @param config the file or folder to read
   * @param flags options that set a setting, by its path
   */
  record Choices(Optional<Path> config, Map<String, ConfigSources.Flag> flags) {
    /** Copies the map, in its order. */
    public Choices {
      flags = Collections.unmodifiableMap(new LinkedHashMap<>(flags));
    }

    /** {@code sources} with these choices. */
    ConfigSources in(ConfigSources sources) {
      ConfigSources chosen = config.map(sources::withConfig).orElse(sources);
      for (var flag : flags.entrySet()) {
        chosen = chosen.withFlag(flag.getKey(), flag.getValue().name(), flag.getValue().value());
      }
      return chosen;
    }
  }
}

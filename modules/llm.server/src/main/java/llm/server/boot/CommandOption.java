package llm.server.boot;

import java.util.Locale;
import java.util.Optional;

/** The options of the command, in the order in which the help lists them. */
enum CommandOption {
  PORT("N", "Port to listen on (default 8000; 0: any free)."),
  HOST("ADDRESS", "Address to listen on (default 127.0.0.1)."),
  CONFIG("PATH", "Configuration file, or the folder it is in."),
  MODEL("FILE.gguf", "Model to serve as 'local'."),
  CHECK_CONFIG("", "Say whether the configuration is valid, and exit."),
  PRINT_CONFIG_REFERENCE("", "Print every setting as Markdown, and exit."),
  NEW_API_KEY("NAME", "Make an API key, print it, and exit."),
  VERSION("", "Print the version, and exit."),
  HELP("", "Print this, and exit.");

  private static final int HELP_COLUMN = 28;

  private final String flag;
  private final String label;
  private final String description;

  CommandOption(String label, String description) {
    this.flag = "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    this.label = label;
    this.description = description;
  }

  /** As it is written, {@code --check-config}. */
  String flag() {
    return flag;
  }

  /** The word for its value in the help; empty for one that takes none. */
  String label() {
    return label;
  }

  /** What it does, in a sentence. */
  String description() {
    return description;
  }

  boolean takesValue() {
    return !label.isEmpty();
  }

  /** The option that is written so. */
  static Optional<CommandOption> named(String flag) {
    for (CommandOption option : values()) {
      if (option.flag.equals(flag)) {
        return Optional.of(option);
      }
    }
    return Optional.empty();
  }

  /** The text of {@code --help}. */
  static String help(String command) {
    var text = new StringBuilder("Usage: ").append(command).append(" [OPTIONS]\n");
    text.append(
        """
        An LLM gateway with in-process GGUF inference. Without options it serves
        http://127.0.0.1:8000 with the model 'mock'.

        """);
    for (CommandOption option : values()) {
      String left = "  " + option.flag + (option.takesValue() ? "=" + option.label : "");
      text.append(left).append(" ".repeat(Math.max(1, HELP_COLUMN - left.length())));
      text.append(option.description).append('\n');
    }
    return text.toString();
  }
}

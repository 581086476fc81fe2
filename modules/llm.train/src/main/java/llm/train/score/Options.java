package llm.train.score;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the command line says.
 *
 * @param server the server to ask; without it one is started
 * @param model a GGUF file to serve and ask instead of the built-in one
 * @param json where the score is written too
 * @param verbose whether the wrong answers are listed
 * @param card whether the table is printed as the model card has it
 */
record Options(
    Optional<URI> server,
    Optional<Path> model,
    Optional<Path> json,
    boolean verbose,
    boolean card,
    boolean help) {

  static final String HELP =
      """
      Usage: tools/train-builtin --score [OPTIONS]
      Asks the built-in model the questions of modules/llm.train/test-set, which are never trained
      on, and prints how many it answers as the corpus has it. Starts a server of its own on a free
      port, with nothing configured.

        --server URL   Ask this server instead, which serves without keys.
        --model FILE   Serve and ask this GGUF file, as 'local', instead of 'builtin'.
        --verbose      List the wrong answers.
        --card         Print the table in Markdown, for docs/builtin.md.
        --json FILE    Write the score, with the wrong answers, to this file too.
        --help         Print this.

      Exit code: 0 whatever the score, 1 when there is none, 2 for a wrong option.
      """;

  /** What is wrong, in words for the user. */
  static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message, null, false, false);
    }
  }

  /** Reads the arguments; {@code --score}, which led here, may be among them. */
  static Options read(String... arguments) throws Wrong {
    Optional<URI> server = Optional.empty();
    Optional<Path> model = Optional.empty();
    Optional<Path> json = Optional.empty();
    boolean verbose = false;
    boolean card = false;
    boolean help = false;
    for (int at = 0; at < arguments.length; at++) {
      int equals = arguments[at].indexOf('=');
      String name = equals < 0 ? arguments[at] : arguments[at].substring(0, equals);
      switch (name) {
        case "--score" -> {}
        case "--verbose" -> verbose = true;
        case "--card" -> card = true;
        case "--help", "-h" -> help = true;
        case "--server", "--model", "--json" -> {
          if (equals < 0 && ++at == arguments.length) {
            throw new Wrong("option " + name + " needs a value");
          }
          String value = equals < 0 ? arguments[at] : arguments[at].substring(equals + 1);
          switch (name) {
            case "--server" -> server = Optional.of(server(value));
            case "--model" -> model = Optional.of(model(value));
            default -> json = Optional.of(path(name, value));
          }
        }
        default -> throw new Wrong("unknown option '" + name.replaceAll("\\p{Cntrl}", "?") + "'");
      }
    }
    if (server.isPresent() && model.isPresent()) {
      throw new Wrong("--model is served by a server of its own: give it without --server");
    }
    return new Options(server, model, json, verbose, card, help);
  }

  private static URI server(String value) throws Wrong {
    try {
      URI uri = URI.create(value);
      if (uri.getHost() != null && ("http".equals(uri.getScheme()) || isTls(uri))) {
        return uri;
      }
    } catch (IllegalArgumentException malformed) {
      throw notAnAddress(value);
    }
    throw notAnAddress(value);
  }

  private static boolean isTls(URI uri) {
    return "https".equals(uri.getScheme());
  }

  private static Wrong notAnAddress(String value) {
    return new Wrong(
        "--server: '" + value + "' is no address of a server, as http://127.0.0.1:8000");
  }

  private static Path model(String value) throws Wrong {
    Path file = path("--model", value);
    if (!Files.isRegularFile(file)) {
      throw new Wrong("--model: there is no file '" + file + "'");
    }
    return file;
  }

  private static Path path(String name, String value) throws Wrong {
    try {
      return Path.of(value);
    } catch (InvalidPathException refused) {
      throw new Wrong(name + ": '" + refused.getInput() + "' is no path");
    }
  }
}

package llm.domain;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintStream;
import java.util.List;
import java.util.function.IntConsumer;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;

/** Sandbox of this module: {@code java -m llm.domain} shows its work as JSON lines. */
public final class Main {
  private static final String HELP =
      """
      Usage: java -m llm.domain [--help]

      Shows the domain's work, one JSON event a line on standard output: values accepted and
      refused, models told by their names, limits, a prompt template, a request built, validated
      and trimmed, the eight events of an interaction, token estimates, findings about answers.
      Needs no key, no network and no file. Exit status 0; 2 for an argument it does not know.
      """;

  private static final int USAGE_ERROR = 2;

  private Main() {}

  /** Runs the sandbox; {@code --help} says what it does. */
  public static void main(String[] args) {
    run(List.of(args), new PrintStream(System.out, true, UTF_8), System.err, System::exit);
  }

  /** The run without the process around it: {@code exit} is called for a status that is not 0. */
  static void run(List<String> args, PrintStream out, PrintStream err, IntConsumer exit) {
    if (args.isEmpty()) {
      new Sandbox(TimeSource.SYSTEM, IdSource.RANDOM, out::println).run();
    } else if (args.equals(List.of("--help"))) {
      out.print(HELP);
    } else {
      err.println("llm.domain: unknown arguments " + args + "; --help says what there is");
      exit.accept(USAGE_ERROR);
    }
  }
}

package llm.providers.replay;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The command {@code tools/replay}: shows what a recording holds; {@code --help} says more. */
public final class ReplayMain {
  private ReplayMain() {}

  /** Runs it; the exit code is 0, 1 when the file cannot be read, 2 for a wrong use. */
  public static void main(String[] args) {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.exit(new ShowCommand(out, System.err).run(args));
  }
}

package llm.server;

import java.util.OptionalInt;
import llm.server.boot.Boot;

/** The command {@code java -m llm.server}; {@code --help} lists its options. */
public final class Main {
  private Main() {}

  /** Runs the command; a server goes on after this returns. */
  public static void main(String[] args) {
    OptionalInt exitCode = Boot.run(System.nanoTime(), args);
    if (exitCode.isPresent()) {
      System.exit(exitCode.getAsInt());
    }
  }
}

package llm.bench;

import java.io.UncheckedIOException;
import llm.bench.system.BenchFailure;

/** Runs a benchmark's command and turns what went wrong into a message and an exit code. */
final class Commands {
  private Commands() {}

  /** Ends the process with 0, or with 1 and a message on standard error. */
  static void run(Runnable command) {
    int code = 0;
    try {
      command.run();
    } catch (BenchFailure | UncheckedIOException e) {
      System.err.println("bench: " + e.getMessage());
      code = 1;
    }
    System.exit(code);
  }
}

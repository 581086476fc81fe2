package llm.bench;

import java.io.UncheckedIOException;
import java.util.Locale;
import llm.bench.system.BenchFailure;

/** Runs a benchmark's command and turns what went wrong into a message and an exit code. */
final class Commands {
  private static final long START = System.nanoTime();

  private Commands() {}

  /** A line on standard error that tells what is being done, after how many seconds. */
  static void progress(String what) {
    System.err.println(String.format(Locale.ROOT, "%5.1f s  %s", elapsedNanos() / 1e9, what));
  }

  /** Time since the benchmark began. */
  static long elapsedNanos() {
    return System.nanoTime() - START;
  }

  /** The nanoTime of {@code seconds} after the benchmark began. */
  static long at(double seconds) {
    return START + (long) (seconds * 1e9);
  }

  /** Ends the process with 0, or with 1 and a message on standard error. */
  static void run(Runnable command) {
    progress("begins"); // Also sets the time from which the others count.
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

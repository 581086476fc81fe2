package llm.train.score;

import java.io.PrintStream;
import java.time.Duration;

/**
 * Tells whoever looks on how far it is: one line that is written over at a terminal, else a line
 * now and then.
 */
final class Progress {
  private static final int LINES = 10;
  private static final int BAR = 30;

  private final PrintStream out;
  private final boolean terminal;
  private final int all;
  private final long began = System.nanoTime();
  private int done;
  private int right;

  /**
   * Of so many questions.
   *
   * @param terminal whether {@code out} can write over its line
   */
  Progress(PrintStream out, boolean terminal, int all) {
    this.out = out;
    this.terminal = terminal;
    this.all = all;
  }

  /** One more question was answered. */
  void answered(boolean rightly) {
    done++;
    right += rightly ? 1 : 0;
    if (terminal) {
      out.print("\r" + line() + (done == all ? "\n" : ""));
      out.flush();
    } else if (done * LINES / all != (done - 1) * LINES / all) {
      out.println(line());
    }
  }

  private String line() {
    int filled = done * BAR / all;
    long left = (System.nanoTime() - began) / done * (all - done);
    return "[%s%s] %d/%d asked, %d right, %d s left "
        .formatted(
            "=".repeat(filled),
            " ".repeat(BAR - filled),
            done,
            all,
            right,
            Duration.ofNanos(left).toSeconds());
  }
}

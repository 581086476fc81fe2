package llm.train;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;
import llm.train.net.Score;

/**
 * Tells how far a training is: on a terminal one line that is written anew, elsewhere a line now
 * and then. It looks at the clock for people only; no result depends on it. One thread.
 */
final class Progress {
  private static final int BAR = 24;
  private static final double SECOND = 1e9;
  private static final double REDRAW_SECONDS = 0.5;
  private static final double LINE_SECONDS = 15;
  private static final double KEPT = 0.98; // of the mean loss, each step

  private final PrintStream out;
  private final LongSupplier nanos;
  private final boolean terminal;

  private int steps;
  private long began;
  private long drawn;
  private long tokens;
  private double loss = -1;
  private String validation = "";

  /**
   * Progress on a stream.
   *
   * @param nanos the clock
   * @param terminal whether a line can be written anew
   */
  Progress(PrintStream out, LongSupplier nanos, boolean terminal) {
    this.out = out;
    this.nanos = nanos;
    this.terminal = terminal;
  }

  /** A line of its own. */
  void say(String text) {
    out.println(text);
  }

  /** The training begins. */
  void start(int allSteps) {
    steps = allSteps;
    began = nanos.getAsLong();
    drawn = began;
  }

  /** A step is done. */
  void step(int step, Score score, int tokensRead) {
    tokens += tokensRead;
    loss = loss < 0 ? score.meanLoss() : KEPT * loss + (1 - KEPT) * score.meanLoss();
    double pause = (nanos.getAsLong() - drawn) / SECOND;
    if (step == steps || pause >= (terminal ? REDRAW_SECONDS : LINE_SECONDS)) {
      draw(step);
    }
  }

  /** The held-out dialogues were looked at. */
  void validated(Score score) {
    validation = String.format(Locale.ROOT, " · validation %.1f %%", 100 * score.accuracy());
  }

  /** The training is done. */
  void finish() {
    draw(steps);
    if (terminal) {
      out.println();
    }
  }

  private void draw(int step) {
    drawn = nanos.getAsLong();
    double seconds = Math.max((drawn - began) / SECOND, 1e-3);
    int filled = BAR * step / steps;
    String line =
        String.format(
            Locale.ROOT,
            "[%s%s] step %,d/%,d · loss %.4f%s · %,.0f tokens/s · %s left",
            "#".repeat(filled),
            ".".repeat(BAR - filled),
            step,
            steps,
            loss,
            validation,
            tokens / seconds,
            time(seconds / step * (steps - step)));
    if (terminal) {
      out.print("\r" + line + "  ");
      out.flush();
    } else {
      out.println(line);
    }
  }

  private static String time(double seconds) {
    long whole = Math.round(seconds);
    return String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
  }
}

package llm.gpu.draft;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether and how much is drafted.
 *
 * @param mode when
 * @param tokens the most tokens drafted in one step, of all answers together, 1 to {@link
 *     #MOST_TOKENS}
 * @param model the file of a small model of the same vocabulary, which drafts where nothing was
 *     looked up; empty: none does
 */
public record Speculation(Mode mode, int tokens, Optional<Path> model) {
  /** The most tokens that may be set. */
  public static final int MOST_TOKENS = 64;

  /** Nothing is drafted. */
  public static final Speculation OFF = new Speculation(Mode.OFF, 1);

  /** Where it pays. */
  public static final Speculation DEFAULT = new Speculation(Mode.AUTO, 16);

  /** Without a draft model. */
  public Speculation(Mode mode, int tokens) {
    this(mode, tokens, Optional.empty());
  }

  /** Rejects numbers outside their ranges. */
  public Speculation {
    if (tokens < 1 || tokens > MOST_TOKENS) {
      throw new IllegalArgumentException(
          "drafted tokens must be 1 to " + MOST_TOKENS + ", got " + tokens);
    }
  }

  /** When tokens are drafted. */
  public enum Mode {
    /** Never. */
    OFF,
    /** Where steps and guesses so far say that answers come sooner by it. */
    AUTO,
    /** Whenever something can be guessed, whatever it costs. */
    ALWAYS
  }

  /** Whether anything may be drafted. */
  public boolean isOn() {
    return mode != Mode.OFF;
  }

  /**
   * For an answer whose caller named a seed: steps of other sizes round otherwise, and drafts that
   * come and go by their costs would change its text from one time to the next.
   */
  public Speculation ofRepeatable() {
    return mode == Mode.AUTO ? OFF : this;
  }

  /** Outputs that a step needs beside those of its answers. */
  public int outputs() {
    return isOn() ? tokens : 0;
  }
}

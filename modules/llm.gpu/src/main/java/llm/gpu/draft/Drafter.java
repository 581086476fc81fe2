package llm.gpu.draft;

import java.util.List;
import llm.gpu.prefix.TokenSequence;

/** A small model that reads answers along and guesses how they go on. One thread. */
public interface Drafter {
  /** It does not follow an answer, as one that is longer than its window. */
  int NEVER = -1;

  /**
   * An answer that wants guesses.
   *
   * @param most of them, 1 or more
   * @param first how likely the first guess has to be to be proposed
   * @param least how likely any other has to be, with all before it
   */
  record Wish(Drafting drafting, TokenSequence sequence, int most, double first, double least) {}

  /**
   * What it took.
   *
   * @param rounds decodes of one new token of each answer, or little more
   * @param roundNanos of one of those
   * @param read tokens that were read in one decode of many; 0 for none
   * @param readNanos of that
   */
  record Took(int rounds, long roundNanos, int read, long readNanos) {
    /** Nothing was done. */
    static final Took NOTHING = new Took(0, 0, 0, 0);
  }

  /** How many tokens of an answer it would have to read first, or {@link #NEVER}. */
  int unread(Drafting drafting, TokenSequence sequence);

  /** Reads what it has not read of these, as far as it reads at once, and proposes guesses. */
  Took draft(List<Wish> wishes);

  /** An answer has ended. */
  void leave(Drafting drafting);
}

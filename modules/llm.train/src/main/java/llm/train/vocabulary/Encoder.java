package llm.train.vocabulary;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/**
 * Reads text as llama.cpp's {@code llm_tokenizer_spm_session} (llama-vocab.cpp, v0.5.0) does: it
 * begins with characters and always puts those two neighbours together whose piece has the highest
 * score, of equals the leftmost. A character without a piece becomes its bytes. No space is put in
 * front. Immutable; any thread.
 */
public final class Encoder {
  private static final int NONE = -1;

  private final Vocabulary vocabulary;

  /** A reader by this vocabulary. */
  public Encoder(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** The tokens of a text; names of special tokens in it are text. */
  public int[] encode(String text) {
    return encode(text, () -> false);
  }

  /**
   * Tokens of a text of which some are not put together, so that who learns from them gets to know
   * the parts of words too.
   *
   * @param skips asked before two neighbours are put together, whether to leave them
   * @see <a href="https://arxiv.org/abs/1910.13267">Provilkov and others, BPE-Dropout</a>
   */
  public int[] encode(String text, BooleanSupplier skips) {
    int[] characters = text.replace(' ', Vocabulary.SPACE).codePoints().toArray();
    return new Reading(characters).run(skips);
  }

  /** Two neighbours that can be put together, as they were when this was found. */
  private record Bigram(float score, int left, int right, int leftToken, int rightToken)
      implements Comparable<Bigram> {
    @Override
    public int compareTo(Bigram other) {
      int byScore = Float.compare(other.score, score);
      return byScore != 0 ? byScore : Integer.compare(left, other.left);
    }
  }

  /** One text while it is read: symbols in a list, each a character or several. */
  private final class Reading {
    private final int[] characters;
    private final int[] tokens;
    private final int[] before;
    private final int[] after;
    private final PriorityQueue<Bigram> candidates = new PriorityQueue<>();

    private Reading(int[] characters) {
      this.characters = characters;
      this.tokens = new int[characters.length];
      this.before = new int[characters.length];
      this.after = new int[characters.length];
      for (int i = 0; i < characters.length; i++) {
        tokens[i] = vocabulary.piece(Character.toString(characters[i]));
        before[i] = i - 1;
        after[i] = i + 1 < characters.length ? i + 1 : NONE;
      }
    }

    private int[] run(BooleanSupplier skips) {
      for (int i = 1; i < characters.length; i++) {
        consider(i - 1, i);
      }
      for (Bigram next = candidates.poll(); next != null; next = candidates.poll()) {
        if (holds(next) && !skips.getAsBoolean()) {
          merge(next);
        }
      }
      return result();
    }

    private void consider(int left, int right) {
      if (left == NONE || right == NONE) {
        return;
      }
      int merged = vocabulary.merged(tokens[left], tokens[right]);
      if (merged >= 0) {
        float score = vocabulary.score(merged);
        candidates.add(new Bigram(score, left, right, tokens[left], tokens[right]));
      }
    }

    /** Whether both are still what they were, side by side. */
    private boolean holds(Bigram bigram) {
      return after[bigram.left] == bigram.right
          && tokens[bigram.left] == bigram.leftToken
          && tokens[bigram.right] == bigram.rightToken;
    }

    private void merge(Bigram bigram) {
      int left = bigram.left;
      int right = bigram.right;
      tokens[left] = vocabulary.merged(bigram.leftToken, bigram.rightToken);
      after[left] = after[right];
      if (after[right] != NONE) {
        before[after[right]] = left;
      }
      after[right] = right; // belongs to no pair any more
      consider(before[left], left);
      consider(left, after[left]);
    }

    private int[] result() {
      int[] out = new int[4 * characters.length]; // bytes of UTF-8 at most
      int size = 0;
      for (int i = characters.length == 0 ? NONE : 0; i != NONE; i = after[i]) {
        if (tokens[i] >= 0) {
          out[size++] = tokens[i];
          continue;
        }
        for (byte value : Character.toString(characters[i]).getBytes(StandardCharsets.UTF_8)) {
          out[size++] = Vocabulary.ofByte(value);
        }
      }
      return Arrays.copyOf(out, size);
    }
  }
}

package llm.core.config;

import java.util.Collection;
import java.util.Optional;

/** Finds what a misspelt word was meant to be. */
final class EditDistance {
  /** Longer words than this are not compared: the cost is the product of the lengths. */
  private static final int MAX_LENGTH = 100;

  private static final int MAX_TYPOS = 3;

  private EditDistance() {}

  /**
   * The closest candidate.
   *
   * @param typed how many letters of the word were typed anew and may be wrong: up to a third of
   *     them are taken for typos, one at least and {@link #MAX_TYPOS} at most
   */
  static Optional<String> nearest(String word, int typed, Collection<String> candidates) {
    if (word.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    String best = null;
    int bestDistance = Math.clamp((typed + 2) / 3, 1, MAX_TYPOS) + 1;
    for (String candidate : candidates) {
      int distance =
          candidate.length() > MAX_LENGTH ? Integer.MAX_VALUE : distance(word, candidate);
      if (distance < bestDistance && distance < candidate.length()) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
  static int distance(String left, String right) {
    int[][] rows = new int[left.length() + 1][right.length() + 1];
    for (int i = 0; i <= left.length(); i++) {
      rows[i][0] = i;
    }
    for (int j = 0; j <= right.length(); j++) {
      rows[0][j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      for (int j = 1; j <= right.length(); j++) {
        int replaced = rows[i - 1][j - 1] + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        rows[i][j] = Math.min(replaced, 1 + Math.min(rows[i - 1][j], rows[i][j - 1]));
        if (areSwapped(left, i, right, j)) {
          rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
        }
      }
    }
    return rows[left.length()][right.length()];
  }

  private static boolean areSwapped(String left, int i, String right, int j) {
    return i > 1
        && j > 1
        && left.charAt(i - 1) == right.charAt(j - 2)
        && left.charAt(i - 2) == right.charAt(j - 1);
  }
}

package llm.gpu.prefix;

/**
 * How much a {@link PrefixCache} keeps.
 *
 * @param sequences the most sequences that are kept beside those in work, 0 or more
 * @param tokens the most tokens of them together, each counted in full; 0 keeps none
 * @param pinnedTokens the most tokens that may be pinned
 * @param poolTokens the places there are, of all sequences together
 */
public record PrefixLimits(int sequences, int tokens, int pinnedTokens, int poolTokens) {
  private static final int SMALL_PLACES = 256; // what llama.cpp rounds the places in use up to
  private static final int SMALL_SHARE = 16;

  /** Places that kept sequences may hold before they go to the shelf. */
  int smallPlaces() {
    return Math.max(SMALL_PLACES, poolTokens / SMALL_SHARE);
  }
}

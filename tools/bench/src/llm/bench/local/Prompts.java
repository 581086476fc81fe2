package llm.bench.local;

import java.util.SplittableRandom;

/** Prompts of a known number of tokens for the generated models; another one each time. */
public final class Prompts {
  private static final int WORD = 6;
  private final SplittableRandom random;

  /** With a seed of its own. */
  public Prompts(long seed) {
    random = new SplittableRandom(seed);
  }

  /** A prompt of {@code tokens} tokens, the one that begins every prompt among them. */
  public String of(int tokens) {
    var text = new StringBuilder();
    for (int i = 0; i < tokens - 1; i++) {
      // No space at either end: it might be taken for none.
      boolean space = i % WORD == WORD - 1 && i < tokens - 2;
      text.append(
          space
              ? ' '
              : GeneratedModel.CHARACTERS.charAt(
                  random.nextInt(GeneratedModel.CHARACTERS.length())));
    }
    return text.toString();
  }
}

package llm.gpu.prefix;

import llm.gpu.adapter.AdapterSet;

/** Sequences of tokens for tests of other packages. */
public final class TestSequences {
  private TestSequences() {}

  /** One over {@code tokens}, none of them computed. */
  public static TokenSequence of(int... tokens) {
    return new TokenSequence(0, tokens, AdapterSet.NONE, Cells.Branch.first());
  }
}

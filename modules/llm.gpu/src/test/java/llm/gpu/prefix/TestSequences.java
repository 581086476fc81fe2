package llm.gpu.prefix;

/** Sequences of tokens for tests of other packages. */
public final class TestSequences {
  private TestSequences() {}

  /** One over {@code tokens}, none of them computed. */
  public static TokenSequence of(int... tokens) {
    return new TokenSequence(0, tokens, llm.gpu.adapter.AdapterSet.NONE, Cells.Branch.first());
  }
}

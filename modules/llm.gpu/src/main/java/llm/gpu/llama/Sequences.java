package llm.gpu.llama;

/** The sequences of a context: numbered, each remembering tokens from position 0 on. One thread. */
public interface Sequences {

  /** How many there are; ids are 0 to this, exclusive. */
  int sequences();

  /**
   * Lets the empty sequence {@code target} share the first tokens of {@code source}; nothing is
   * copied.
   *
   * @param count positions 0 to this, exclusive
   */
  void share(int source, int target, int count);

  /**
   * Forgets a sequence from a position on.
   *
   * @param count positions that stay; 0 forgets all, which never fails
   * @return false when this model's memory cannot be cut there: nothing was forgotten then
   */
  boolean cut(int sequence, int count);

  /**
   * Whether all is there that the token at position {@code count} of a sequence looks back at:
   * models with a sliding window forget what lies before it, and give the place away.
   *
   * @param count at most the sequence's tokens
   */
  boolean reaches(int sequence, int count);
}

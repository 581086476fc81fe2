package llm.core.schema.grammar.set;

import llm.core.schema.grammar.UnsupportedSchema;

/**
 * What reading one schema may still take, in steps: a name that is looked at, a demand that is
 * joined, a state of an automaton. Some of them stay in memory, some 100 bytes each. Not
 * thread-safe.
 */
public final class Work {
  private static final int MOST_STEPS = 2_000_000;

  private long left = MOST_STEPS;

  /** Nothing is done yet. */
  public Work() {}

  /**
   * Counts {@code steps}, before they are done.
   *
   * @param path of the keyword to blame
   * @throws UnsupportedSchema when no more are left
   */
  public void spend(long steps, String path) throws UnsupportedSchema {
    left = Math.max(-1, left - steps);
    if (left < 0) {
      throw new UnsupportedSchema(
          path, "the schema is too involved to be made a grammar; give it fewer alternatives");
    }
  }
}

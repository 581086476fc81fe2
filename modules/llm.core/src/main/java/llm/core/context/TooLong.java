package llm.core.context;

/** A message that has no room in an empty context. */
public final class TooLong extends Exception {
  private static final long serialVersionUID = 1L;

  private final int tokens;
  private final int limit;

  TooLong(int tokens, int limit) {
    super("the message takes " + tokens + " of " + limit + " tokens");
    this.tokens = tokens;
    this.limit = limit;
  }

  /** What it takes with the first message, in tokens. */
  public int tokens() {
    return tokens;
  }

  /** What there is for a prompt. */
  public int limit() {
    return limit;
  }
}

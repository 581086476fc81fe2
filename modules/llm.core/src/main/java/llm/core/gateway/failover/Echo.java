package llm.core.gateway.failover;

/**
 * The joint of a continuation that may begin with all of the text that it was to go on from, as
 * Mistral's do. Of a short text that cannot be told from what merely begins alike, and nothing is
 * taken away.
 */
public final class Echo implements Joint {
  private static final int SHORT = 8;

  private final String text;
  private final Joint behind;
  private int seen; // characters of the text that came again
  private boolean decided;

  /**
   * A joint behind {@code text}.
   *
   * @param text what was to be gone on from
   * @param behind takes what follows it
   */
  public Echo(String text, Joint behind) {
    this.text = text;
    this.behind = behind;
    this.decided = text.length() < SHORT;
  }

  @Override
  public String next(String more) {
    if (decided) {
      return behind.next(more);
    }
    int same = Math.min(more.length(), text.length() - seen);
    if (!text.regionMatches(seen, more, 0, same)) {
      decided = true;
      return behind.next(text.substring(0, seen) + more);
    }
    seen += same;
    if (seen < text.length()) {
      return "";
    }
    decided = true;
    return behind.next(more.substring(same));
  }

  @Override
  public String end() {
    if (decided) {
      return behind.end();
    }
    decided = true;
    return behind.next(text.substring(0, seen)) + behind.end();
  }
}

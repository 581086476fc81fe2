package llm.core.gateway.failover;

/**
 * The joint of a continuation that goes on from the given text without the white space at its end,
 * which many providers refuse, or drop, or go on badly from. What of it comes again is taken away.
 */
public final class Regrown implements Joint {
  private final String space;
  private int seen; // how much of the space came again

  /**
   * A joint behind that space.
   *
   * @param space what was given and is not known where it is gone on from
   */
  public Regrown(String space) {
    this.space = space;
  }

  @Override
  public String next(String text) {
    int from = 0;
    while (seen < space.length() && from < text.length()) {
      if (text.charAt(from) != space.charAt(seen)) {
        seen = space.length(); // it goes on otherwise
      } else {
        seen++;
        from++;
      }
    }
    return text.substring(from);
  }

  @Override
  public String end() {
    return "";
  }
}

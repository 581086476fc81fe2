package llm.bench.local;

import llm.bench.system.BenchFailure;

/**
 * How a request for a stream ended.
 *
 * @param end in which way
 * @param status of HTTP; 0 when none came
 * @param detail for a refusal its body, for an error frame its data
 * @param sentNanos when the request was sent, on the monotonic clock
 * @param pieceNanos when each piece of text came
 * @param text the pieces together
 * @param promptTokens by the usage; −1 when none came, as for the next two
 * @param completionTokens by the usage
 * @param cachedTokens prompt tokens that did not have to be computed
 * @param ends terminal events: finish reasons and error frames
 */
public record Answer(
    End end,
    int status,
    String detail,
    long sentNanos,
    long[] pieceNanos,
    String text,
    int promptTokens,
    int completionTokens,
    int cachedTokens,
    int ends) {

  /** The ways. */
  public enum End {
    /** With the end mark. */
    DONE,
    /** With an error frame. */
    ERROR_FRAME,
    /** With a status other than 200. */
    REFUSED,
    /** The client left. */
    LEFT,
    /** Without any end. */
    CUT
  }

  /** This answer, when it is whole and has {@code tokens} tokens. */
  public Answer whole(int tokens) {
    if (end != End.DONE || completionTokens != tokens) {
      throw new BenchFailure(
          "a wrong answer: "
              + end
              + ", status "
              + status
              + ", "
              + completionTokens
              + " tokens in place of "
              + tokens
              + " "
              + detail);
    }
    return this;
  }

  /** Milliseconds from the request to the first piece. */
  public double firstMillis() {
    return (pieceNanos[0] - sentNanos) / 1e6;
  }
}

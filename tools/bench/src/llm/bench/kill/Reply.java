package llm.bench.kill;

/**
 * What came back for a turn.
 *
 * @param end how it ended
 * @param status of HTTP; 0 when none came
 * @param begun whether the server said that the turn began
 * @param replayed whether it said that it tells an answer again
 * @param durable whether it said that question and answer survive
 * @param answer the text that came
 * @param detail the last frame, or the body of a refusal, or what broke
 */
record Reply(
    End end,
    int status,
    boolean begun,
    boolean replayed,
    boolean durable,
    String answer,
    String detail) {
  /** How a turn ended for its client. */
  enum End {
    FINISHED,
    FAILED,
    REFUSED,
    CUT,
    LEFT,
    DOWN
  }

  static Reply refused(int status, String body) {
    return new Reply(End.REFUSED, status, false, false, false, "", body);
  }

  /** Nobody listened. */
  static Reply down() {
    return new Reply(End.DOWN, 0, false, false, false, "", "nobody listens");
  }

  static Reply cut(String what) {
    return new Reply(End.CUT, 0, false, false, false, "", what);
  }

  /** Whether it was not taken, and may be when it is repeated. */
  boolean mayPass() {
    return switch (end) {
      case CUT, LEFT, DOWN -> true;
      case REFUSED -> status == 409 || status == 503;
      case FAILED -> detail.contains("\"code\":\"store_unavailable\"");
      case FINISHED -> false;
    };
  }
}

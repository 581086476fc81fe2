package llm.core.idempotency;

import java.time.Instant;

/** An answer that is over, as it was given. Immutable. */
public final class KeptAnswer {
  /** What one costs in memory beside its body. */
  private static final long COST = 1_024;

  private final FirstUse use;
  private final Piece.Head head;
  private final byte[] body;

  KeptAnswer(FirstUse use, Piece.Head head, byte[] body) {
    this.use = use;
    this.head = head;
    this.body = body;
  }

  FirstUse use() {
    return use;
  }

  /** Until when it is given again. */
  public Instant expires() {
    return use.expires();
  }

  /** Its status and headers. */
  public Piece.Head head() {
    return head;
  }

  /** Its body. Whoever has it must not change it. */
  public byte[] body() {
    return body;
  }

  /** About what it takes in memory. */
  long cost() {
    return COST + body.length;
  }
}

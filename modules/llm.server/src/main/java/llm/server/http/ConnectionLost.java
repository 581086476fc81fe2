package llm.server.http;

import java.io.IOException;

/** The client cannot be answered any more: the signal that ends its connection. */
final class ConnectionLost extends IOException {
  private static final long serialVersionUID = 1L;

  /** How it was lost. */
  enum Why {
    /** It closed the connection. */
    GONE,
    /** It took nothing of what was sent for too long. */
    STALLED
  }

  private final Why why;

  ConnectionLost(Why why, Throwable cause) {
    super(why.name(), cause);
    this.why = why;
  }

  Why why() {
    return why;
  }
}

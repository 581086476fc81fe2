package llm.server.http.guard;

import java.io.IOException;

/** The client cannot be answered any more: the signal that ends its connection. */
public final class ConnectionLost extends IOException {
  private static final long serialVersionUID = 1L;

  /** How it was lost. */
  public enum Why {
    /** The client closed it. */
    GONE("client_gone"),
    /** The client took nothing of what was sent for too long. */
    STALLED("client_stalled"),
    /** The client's body came too late; the engine has answered that. */
    LATE("body_timeout"),
    /** A bug of ours left an answer that cannot be finished. */
    BROKEN("broken");

    private final String word;

    Why(String word) {
      this.word = word;
    }

    /** How it stands in the access log. */
    public String word() {
      return word;
    }
  }

  private final Why why;

  /** The connection was lost so. */
  public ConnectionLost(Why why, Throwable cause) {
    super(why.name(), cause);
    this.why = why;
  }

  /** How. */
  public Why why() {
    return why;
  }
}

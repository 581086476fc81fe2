package llm.core.sse;

import java.io.IOException;

/** A line or an event of a stream is larger than its reader accepts; the stream is of no use. */
public final class SseTooLarge extends IOException {
  private static final long serialVersionUID = 1L;

  private final int limitBytes;

  SseTooLarge(int limitBytes) {
    super("a line or an event of the stream is larger than " + limitBytes + " bytes");
    this.limitBytes = limitBytes;
  }

  /** The limit that was exceeded. */
  public int limitBytes() {
    return limitBytes;
  }
}

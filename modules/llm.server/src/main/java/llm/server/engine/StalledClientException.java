package llm.server.engine;

import java.io.IOException;

/** The client took nothing of what was written for too long; its connection is closed. */
public final class StalledClientException extends IOException {
  private static final long serialVersionUID = 1L;

  StalledClientException(IOException cause) {
    super("the client took nothing for too long", cause);
  }
}

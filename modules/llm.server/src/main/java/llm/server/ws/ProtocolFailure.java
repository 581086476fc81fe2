package llm.server.ws;

import java.io.IOException;

/**
 * What the client sent must end the connection ("Fail the WebSocket Connection", section 7.1.7).
 */
final class ProtocolFailure extends IOException {
  private static final long serialVersionUID = 1L;

  private final int code;

  /**
   * A failure.
   *
   * @param code the close code that says it
   * @param reason what is wrong, for the close frame
   */
  ProtocolFailure(int code, String reason) {
    super(reason);
    this.code = code;
  }

  CloseStatus status() {
    return new CloseStatus(code, getMessage());
  }
}

package llm.server.ws;

import java.io.IOException;

/**
 * Nothing can be sent any more: the WebSocket was closed, by either side, or its connection died.
 */
public final class WebSocketClosed extends IOException {
  private static final long serialVersionUID = 1L;

  WebSocketClosed(String message, Throwable cause) {
    super(message, cause);
  }
}

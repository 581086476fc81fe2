package llm.server.ws;

/**
 * What an endpoint does with one connection. The methods run one after another on the connection's
 * own virtual thread: they may block, and while they do nothing is read, which slows the client
 * down. What they throw beside {@link WebSocketClosed} closes with 1011.
 */
public interface WebSocketHandler {

  /**
   * The connection is open; the first call.
   *
   * @throws WebSocketClosed what sending throws; the connection ends
   */
  void onOpen(WebSocket socket) throws WebSocketClosed;

  /**
   * A text message came. Closes with 1003 unless it is overridden.
   *
   * @throws WebSocketClosed what sending throws; the connection ends
   */
  default void onText(WebSocket socket, String text) throws WebSocketClosed {
    socket.close(CloseStatus.UNSUPPORTED_DATA, "text is not taken here");
  }

  /**
   * A binary message came. Closes with 1003 unless it is overridden.
   *
   * @throws WebSocketClosed what sending throws; the connection ends
   */
  default void onBinary(WebSocket socket, byte[] bytes) throws WebSocketClosed {
    socket.close(CloseStatus.UNSUPPORTED_DATA, "binary messages are not taken here");
  }

  /**
   * The connection has ended; the last call, exactly once after {@link #onOpen}.
   *
   * @param status of the close frame that came first, whosever it was; {@link CloseStatus#ABNORMAL}
   *     when the connection was lost without one
   */
  default void onClose(CloseStatus status) {}
}

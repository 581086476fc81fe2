package llm.server.ws;

import java.net.InetSocketAddress;

/**
 * One WebSocket, as its handler and others who want to send see it. Any thread may send and close:
 * frames never mix. Sending blocks while the client takes nothing, at most the send time of {@link
 * WebSocketSettings}; then the connection is dropped.
 */
public interface WebSocket {

  /** The id of the request it began as; the log has it. */
  String id();

  /** The subprotocol that was agreed on; empty when there is none. */
  String subprotocol();

  /** Whose connection it is. */
  InetSocketAddress remoteAddress();

  /** Whether something can still be sent. */
  boolean isOpen();

  /**
   * Sends a text message.
   *
   * @throws WebSocketClosed when it cannot be sent any more
   */
  void send(String text) throws WebSocketClosed;

  /**
   * Sends a binary message.
   *
   * @throws WebSocketClosed when it cannot be sent any more
   */
  void send(byte[] bytes) throws WebSocketClosed;

  /**
   * Sends a message that was made for many.
   *
   * @throws WebSocketClosed when it cannot be sent any more
   */
  void send(OutgoingMessage message) throws WebSocketClosed;

  /**
   * Sends a ping; the answer only shows that the client is there. The layer sends its own to a
   * client that is silent.
   *
   * @param bytes 125 at most
   * @throws WebSocketClosed when it cannot be sent any more
   */
  void ping(byte[] bytes) throws WebSocketClosed;

  /**
   * Begins the closing handshake: a close frame goes out, nothing after it, and the connection ends
   * when the client has answered or the close time is over. Messages that still come are dropped.
   * Idempotent; the first one counts.
   *
   * @throws IllegalArgumentException when the status has a code that may not be sent
   */
  void close(CloseStatus status);

  /** Closes as {@link #close(CloseStatus)}. */
  default void close(int code, String reason) {
    close(new CloseStatus(code, reason));
  }
}

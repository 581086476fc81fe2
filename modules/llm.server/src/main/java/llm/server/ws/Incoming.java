package llm.server.ws;

/** What a client said: a whole message or a control frame. Arrays belong to the receiver. */
sealed interface Incoming {

  /** A text message. */
  record Text(String text) implements Incoming {}

  /** A binary message. */
  record Binary(byte[] bytes) implements Incoming {}

  /** A ping, to be answered with the same bytes. */
  record Ping(byte[] bytes) implements Incoming {}

  /** A pong, asked for or not. */
  record Pong(byte[] bytes) implements Incoming {}

  /** The close frame; its code is {@link CloseStatus#NO_STATUS} when it had none. */
  record Close(CloseStatus status) implements Incoming {}
}

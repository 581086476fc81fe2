package llm.server.ws;

import java.nio.charset.StandardCharsets;

/** A message that is encoded once and sent to any number of clients. Immutable. */
public final class OutgoingMessage {
  private final byte[] frame;

  private OutgoingMessage(byte[] frame) {
    this.frame = frame;
  }

  /** A text message. */
  public static OutgoingMessage text(String text) {
    return textOf(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A text message.
   *
   * @param utf8 its text; must be legal UTF-8, copied
   */
  public static OutgoingMessage textOf(byte[] utf8) {
    return new OutgoingMessage(Frames.of(Frames.TEXT, utf8));
  }

  /** A binary message; copied. */
  public static OutgoingMessage binary(byte[] bytes) {
    return new OutgoingMessage(Frames.of(Frames.BINARY, bytes));
  }

  /** The whole frame; nobody changes it. */
  byte[] frame() {
    return frame;
  }
}

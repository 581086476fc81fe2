package llm.server.ws;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what a client sends, by the rules of RFC 6455, section 5: masked frames, no reserved bits,
 * known opcodes, lengths in the shortest form, control frames whole and small, fragments in order,
 * text in UTF-8. What breaks a rule is refused at the first byte that breaks it.
 *
 * <p>Memory grows with the bytes that have arrived, never with what a head merely claims. One
 * thread.
 */
final class MessageReader {
  private static final int BUFFER_BYTES = 4096;
  private static final int FIRST_MESSAGE_BYTES = 512;

  /** A larger message's memory is not kept for the next one. */
  private static final int KEPT_MESSAGE_BYTES = 16 * 1024;

  private static final byte[] NOTHING = new byte[0];

  private final InputStream in;
  private final int maxMessageBytes;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int at; // the next byte in the buffer
  private int end; // behind the last

  private final Utf8Check utf8 = new Utf8Check();
  private int kind; // opcode of the message whose fragments come; CONTINUATION between messages
  private byte[] message = NOTHING;
  private int size; // bytes of the message so far

  /**
   * A reader that takes {@code in} for its own.
   *
   * @param maxMessageBytes what a message may have in all its fragments together
   */
  MessageReader(InputStream in, int maxMessageBytes) {
    this.in = in;
    this.maxMessageBytes = maxMessageBytes;
  }

  /** A frame's head. */
  private record Head(int opcode, boolean last, long length, int key) {}

  /**
   * Waits for the next message or control frame.
   *
   * @throws ProtocolFailure when what comes must end the connection
   * @throws EOFException when the client closed its connection
   */
  Incoming next() throws IOException {
    while (true) {
      Head head = head();
      if (head.opcode >= Frames.CLOSE) {
        return control(head);
      }
      data(head);
      if (head.last) {
        return takeMessage();
      }
    }
  }

  private Head head() throws IOException {
    int first = read();
    int opcode = first & 0x0F;
    boolean last = (first & Frames.FIN) != 0;
    checkFirst(first & 0x70, opcode, last);
    int second = read();
    require((second & 0x80) != 0, "a client must mask its frames");
    long length = second & 0x7F;
    require(
        opcode < Frames.CLOSE || length <= Frames.MAX_CONTROL_BYTES,
        "a control frame has 125 bytes at most");
    if (length == Frames.LENGTH_16) {
      length = number(2);
      require(length > Frames.MAX_CONTROL_BYTES, "a length must have its shortest form");
    } else if (length == Frames.LENGTH_64) {
      length = number(8);
      require(length >= 0, "a length has 63 bits");
      require(length > 0xFFFF, "a length must have its shortest form");
    }
    if (opcode < Frames.CLOSE && length > maxMessageBytes - size) {
      throw new ProtocolFailure(
          CloseStatus.MESSAGE_TOO_BIG, "a message has " + maxMessageBytes + " bytes at most");
    }
    return new Head(opcode, last, length, (int) number(4));
  }

  private void checkFirst(int reserved, int opcode, boolean last) throws ProtocolFailure {
    require(reserved == 0, "reserved bits are set, and no extension was agreed on");
    switch (opcode) {
      case Frames.CONTINUATION ->
          require(kind != Frames.CONTINUATION, "a continuation without a beginning");
      case Frames.TEXT, Frames.BINARY ->
          require(kind == Frames.CONTINUATION, "a new message inside another's fragments");
      case Frames.CLOSE, Frames.PING, Frames.PONG ->
          require(last, "a control frame must not be fragmented");
      default ->
          throw new ProtocolFailure(
              CloseStatus.PROTOCOL_ERROR, "opcode " + opcode + " is not known");
    }
    if (opcode == Frames.TEXT || opcode == Frames.BINARY) {
      kind = opcode;
    }
  }

  private Incoming control(Head head) throws IOException {
    byte[] payload = new byte[(int) head.length];
    readFully(payload);
    Mask.apply(payload, 0, payload.length, head.key, 0);
    return switch (head.opcode) {
      case Frames.PING -> new Incoming.Ping(payload);
      case Frames.PONG -> new Incoming.Pong(payload);
      default -> new Incoming.Close(status(payload));
    };
  }

  private static CloseStatus status(byte[] payload) throws ProtocolFailure {
    if (payload.length == 0) {
      return new CloseStatus(CloseStatus.NO_STATUS, "");
    }
    require(payload.length > 1, "a close frame's body begins with a code of two bytes");
    int code = ByteBuffer.wrap(payload).getShort() & 0xFFFF;
    require(CloseStatus.maySend(code), "close code " + code + " may not be sent");
    var check = new Utf8Check();
    if (!check.accept(payload, 2, payload.length) || !check.isWhole()) {
      throw notUtf8();
    }
    return new CloseStatus(
        code, new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
  }

  /** Adds a data frame's payload to the message, as it arrives. */
  private void data(Head head) throws IOException {
    long position = 0;
    while (position < head.length) {
      if (size == message.length) {
        grow(head.length - position);
      }
      int room = (int) Math.min(message.length - size, head.length - position);
      int count = readSome(message, size, room);
      Mask.apply(message, size, size + count, head.key, position);
      if (kind == Frames.TEXT && !utf8.accept(message, size, size + count)) {
        throw notUtf8();
      }
      size += count;
      position += count;
    }
  }

  /** Room for more, at most twice what has arrived. */
  private void grow(long wanted) {
    long target = Math.min(size + wanted, Math.max(FIRST_MESSAGE_BYTES, 2L * size));
    message = Arrays.copyOf(message, (int) target);
  }

  private Incoming takeMessage() throws ProtocolFailure {
    if (!utf8.isWhole()) {
      throw notUtf8();
    }
    Incoming whole =
        kind == Frames.TEXT
            ? new Incoming.Text(new String(message, 0, size, StandardCharsets.UTF_8))
            : new Incoming.Binary(Arrays.copyOf(message, size));
    kind = Frames.CONTINUATION;
    size = 0;
    if (message.length > KEPT_MESSAGE_BYTES) {
      message = NOTHING;
    }
    return whole;
  }

  private long number(int bytes) throws IOException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value = value << 8 | read();
    }
    return value;
  }

  private int read() throws IOException {
    if (at == end) {
      fill();
    }
    return buffer[at++] & 0xFF;
  }

  private void readFully(byte[] into) throws IOException {
    for (int done = 0; done < into.length; ) {
      done += readSome(into, done, into.length - done);
    }
  }

  /** One byte or more: what is in the buffer, else what the socket has; a big piece directly. */
  private int readSome(byte[] into, int from, int most) throws IOException {
    if (at == end && most >= BUFFER_BYTES) {
      int count = in.read(into, from, most);
      if (count < 0) {
        throw new EOFException();
      }
      return count;
    }
    if (at == end) {
      fill();
    }
    int count = Math.min(most, end - at);
    System.arraycopy(buffer, at, into, from, count);
    at += count;
    return count;
  }

  private void fill() throws IOException {
    int count = in.read(buffer, 0, BUFFER_BYTES);
    if (count < 0) {
      throw new EOFException();
    }
    at = 0;
    end = count;
  }

  private static ProtocolFailure notUtf8() {
    return new ProtocolFailure(CloseStatus.INVALID_PAYLOAD, "text must be UTF-8");
  }

  private static void require(boolean kept, String rule) throws ProtocolFailure {
    if (!kept) {
      throw new ProtocolFailure(CloseStatus.PROTOCOL_ERROR, rule);
    }
  }
}

package llm.providers.transport.http1;

import java.util.Arrays;

/**
 * Writes the head of a request into an array that belongs to a connection, and after it as much of
 * the body as goes out in the same write. What it is given must have been checked with {@link
 * Tokens}. One thread at a time.
 */
public final class HeadWriter {
  private static final int SIZE = 4 * 1024;

  private byte[] bytes = new byte[SIZE];
  private int end;

  /** An empty writer. */
  public HeadWriter() {}

  /** Begins a request; what was there is gone. */
  public HeadWriter begin(String method, String target) {
    end = 0;
    return text(method).text(" ").text(target).text(" HTTP/1.1\r\n");
  }

  /** Adds a field. */
  public HeadWriter field(String name, String value) {
    return text(name).text(": ").text(value).text("\r\n");
  }

  /** Ends the head. */
  public HeadWriter end() {
    return text("\r\n");
  }

  /** Adds bytes of the body. */
  public HeadWriter body(byte[] body, int count) {
    reserve(count);
    System.arraycopy(body, 0, bytes, end, count);
    end += count;
    return this;
  }

  /** The array; the first {@link #size} bytes are written. */
  public byte[] bytes() {
    return bytes;
  }

  /** How many bytes are written. */
  public int size() {
    return end;
  }

  /** Forgets what is written, and a large array with it. */
  public void clear() {
    end = 0;
    if (bytes.length > 2 * SIZE) {
      bytes = new byte[SIZE];
    }
  }

  private HeadWriter text(String text) {
    int length = text.length();
    reserve(length);
    for (int i = 0; i < length; i++) {
      bytes[end + i] = (byte) text.charAt(i);
    }
    end += length;
    return this;
  }

  private void reserve(int more) {
    if (bytes.length - end < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, end + more));
    }
  }
}

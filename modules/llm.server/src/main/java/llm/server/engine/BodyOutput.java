package llm.server.engine;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import llm.server.engine.message.OutputBuffer;

/** The body of an answer as its handler writes it. Sent when it is flushed or closed. */
final class BodyOutput extends OutputStream {
  /** How the client learns where the body ends. */
  enum Form {
    /** The head was not sent. */
    UNKNOWN,
    /** There is no body. */
    NONE,
    /** The answer to HEAD: what is written is dropped. */
    UNSEEN,
    FIXED,
    CHUNKED,
    /** By the end of the connection, for HTTP/1.0. */
    CLOSE
  }

  private final OutputBuffer output;
  private Form form = Form.UNKNOWN;
  private long left; // of a fixed body
  private boolean closed;
  private boolean failed;

  BodyOutput(OutputBuffer output) {
    this.output = output;
  }

  /** The head was sent, and says so. */
  void begin(Form announced, long length) {
    form = announced;
    left = announced == Form.FIXED ? length : 0;
  }

  /** Whether all that was announced was sent. */
  boolean isComplete() {
    return closed && !failed;
  }

  /** Whether the client can tell by itself where the body ended. */
  boolean endsByItself() {
    return form != Form.CLOSE;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (closed && form != Form.UNSEEN) {
      throw new IOException("the answer is closed");
    }
    boolean done = false;
    try {
      add(bytes, offset, length);
      done = true;
    } finally {
      failed |= !done && form != Form.UNKNOWN;
    }
  }

  private void add(byte[] bytes, int offset, int length) throws IOException {
    switch (form) {
      case UNKNOWN -> throw new IOException("the response headers were not sent yet");
      case NONE -> {
        if (length > 0) {
          throw new IOException("this answer has no body");
        }
      }
      case UNSEEN -> {
        // the client wants the head alone
      }
      case FIXED -> {
        if (length > left) {
          throw new IOException("more bytes than the " + left + " that are left of Content-Length");
        }
        output.bytes(bytes, offset, length);
        left -= length;
      }
      case CHUNKED -> output.chunked(bytes, offset, length);
      case CLOSE -> output.bytes(bytes, offset, length);
    }
  }

  @Override
  public void flush() throws IOException {
    if (form != Form.UNKNOWN && !closed) {
      send();
    }
  }

  /**
   * Ends the answer.
   *
   * @throws IOException when it cannot be sent, or fewer bytes were written than announced; the
   *     connection is cut then, so that the client sees it
   */
  @Override
  public void close() throws IOException {
    if (closed || form == Form.UNKNOWN) {
      return;
    }
    closed = true;
    if (failed) {
      return;
    }
    if (left > 0) {
      failed = true;
      throw new IOException(left + " bytes fewer were written than Content-Length says");
    }
    if (form == Form.CHUNKED) {
      output.endChunks();
    }
    send();
  }

  private void send() throws IOException {
    boolean done = false;
    try {
      output.flush();
      done = true;
    } finally {
      failed |= !done;
    }
  }
}

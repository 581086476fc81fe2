package llm.server.engine;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import llm.server.engine.message.BodyReader;

/**
 * The body of a request as its handler reads it. The first read asks a client that waits for it to
 * send (100 Continue), unless the answer has begun: then there is no body any more.
 */
final class BodyInput extends InputStream {
  private final Exchange exchange;
  private final BodyReader body;
  private boolean clientWaits; // for 100 Continue
  private boolean closed;
  private boolean broken; // nothing more can be read

  BodyInput(Exchange exchange, BodyReader body, boolean clientWaits) {
    this.exchange = exchange;
    this.body = body;
    this.clientWaits = clientWaits;
  }

  /** Whether the client sends a body only when it is asked to, and was not. */
  boolean isUnasked() {
    return clientWaits;
  }

  boolean isEnded() {
    return body.isEnded();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (closed) {
      throw new IOException("the body is closed");
    }
    return length == 0 ? 0 : readSome(into, offset, length);
  }

  private int readSome(byte[] into, int offset, int length) throws IOException {
    if (body.isEnded() || broken) {
      return -1;
    }
    if (clientWaits) {
      if (exchange.isAnswering()) {
        return -1;
      }
      clientWaits = false;
      exchange.sendContinue();
    }
    try {
      exchange.awaitBody();
      int n = body.read(into, offset, length);
      if (body.isEnded()) {
        exchange.bodyEnded();
      } else {
        exchange.bodyPaused();
      }
      return n;
    } catch (IOException failure) {
      broken = true;
      throw exchange.bodyBroken(failure);
    }
  }

  /**
   * Reads the rest and drops it; false when it is longer than {@code maxBytes}, or its end cannot
   * be found.
   */
  boolean discard(int maxBytes) throws IOException {
    if (clientWaits) {
      return false;
    }
    byte[] scratch = new byte[4096];
    long left = maxBytes;
    while (!body.isEnded() && !broken && left > 0) {
      left -= Math.max(readSome(scratch, 0, scratch.length), 0);
    }
    return body.isEnded();
  }

  @Override
  public int available() {
    return body.isEnded() || closed ? 0 : body.available();
  }

  /** Takes no more of it; the engine reads or cuts the rest when the exchange ends. */
  @Override
  public void close() {
    closed = true;
  }
}

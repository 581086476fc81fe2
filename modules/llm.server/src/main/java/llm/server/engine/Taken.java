package llm.server.engine;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import llm.server.engine.message.InputBuffer;

/** A connection after its 101. What the engine had read ahead comes first. */
final class Taken implements TakenConnection {
  private final Connection connection;
  private final InetSocketAddress remote;
  private volatile Thread watcher; // a read ahead that may still wait; null when there is none
  private volatile int timeoutMillis;

  Taken(Connection connection, Thread watcher) {
    this.connection = connection;
    this.remote = connection.link().remoteAddress();
    this.watcher = watcher;
  }

  @Override
  public InputStream input() {
    return new Input();
  }

  @Override
  public OutputStream output() {
    return new Direct();
  }

  @Override
  public void readTimeout(Duration limit) throws IOException {
    long millis = limit.isZero() ? 0 : Math.max(1, limit.toMillis());
    timeoutMillis = (int) Math.min(Integer.MAX_VALUE, millis);
    connection.link().readTimeout(timeoutMillis);
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public void close() {
    connection.link().kill();
    connection.end();
  }

  /** Waits until the read ahead has ended: what it got is in the buffer then. */
  private void awaitWatcher() throws IOException {
    Thread reading = watcher;
    if (reading == null) {
      return;
    }
    try {
      int limit = timeoutMillis;
      boolean ended = limit == 0 || reading.join(Duration.ofMillis(limit));
      if (limit == 0) {
        reading.join();
      }
      if (!ended) {
        throw new SocketTimeoutException("nothing came within " + limit + " ms");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      connection.link().kill(); // as an interrupted read of a socket does
      throw new EOFException("interrupted while waiting for the client");
    }
    watcher = null;
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      awaitWatcher();
      InputBuffer ahead = connection.input();
      return ahead.isEmpty()
          ? connection.link().read(into, offset, length)
          : ahead.read(into, offset, length);
    }

    @Override
    public void close() {
      Taken.this.close();
    }
  }

  private final class Direct extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      connection.link().write(bytes, offset, length);
    }

    @Override
    public void close() {
      Taken.this.close();
    }
  }
}

package llm.core.telemetry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An output that takes nothing until it is opened, and fails when told to. */
final class GatedOutput extends OutputStream {
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private volatile boolean broken;
  private volatile int flushes;

  static GatedOutput opened() {
    var output = new GatedOutput();
    output.open();
    return output;
  }

  void open() {
    open.countDown();
  }

  void breakPipe(boolean now) {
    broken = now;
  }

  /** Waits until the writer stands before the closed gate. */
  void awaitWriter() throws InterruptedException {
    if (!entered.await(10, TimeUnit.SECONDS)) {
      throw new AssertionError("nothing was written within 10 s");
    }
  }

  int flushes() {
    return flushes;
  }

  List<String> lines() {
    synchronized (bytes) {
      return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    entered.countDown();
    try {
      open.await();
    } catch (InterruptedException interrupted) {
      throw new IOException(interrupted);
    }
    if (broken) {
      throw new IOException("Broken pipe");
    }
    synchronized (bytes) {
      bytes.write(from, offset, length);
    }
  }

  @Override
  public void flush() {
    flushes++;
  }
}

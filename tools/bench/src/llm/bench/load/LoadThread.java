package llm.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import llm.bench.system.BenchFailure;

/** One event loop of a load; its connections, counts and distributions are its own. */
final class LoadThread extends Thread {
  private static final int READ_BYTES = 64 * 1024;
  private static final long RETRY_MILLIS = 50;

  private final Load.Plan plan;
  private final Selector selector;
  private final ByteBuffer input = ByteBuffer.allocateDirect(READ_BYTES);
  private final byte[] bytes = new byte[READ_BYTES];
  private final List<LoadConnection> connections = new ArrayList<>();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong tokens = new AtomicLong();
  private final AtomicLong errors = new AtomicLong();
  private final AtomicLong open = new AtomicLong();
  private final AtomicReference<String> firstError = new AtomicReference<>("");

  private volatile Distributions distributions = new Distributions();
  private volatile boolean running;
  private volatile boolean closed;
  private volatile CountDownLatch idle = new CountDownLatch(0);

  /** Connections whose last answer was wrong; they ask again after a moment. */
  private final ArrayDeque<LoadConnection> retrying = new ArrayDeque<>();

  private boolean wasRunning;
  private long started;
  private int begun;

  LoadThread(Load.Plan plan, int index, int share) {
    super("load-" + plan.name() + "-" + index);
    setDaemon(true);
    this.plan = plan;
    try {
      this.selector = Selector.open();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    for (int i = 0; i < share; i++) {
      connections.add(new LoadConnection(this, plan));
    }
  }

  void resume() {
    running = true;
    selector.wakeup();
  }

  void pause() {
    idle = new CountDownLatch(1);
    running = false;
    selector.wakeup();
  }

  void awaitIdle(Duration limit) {
    try {
      if (!idle.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new BenchFailure(
            "answers of " + plan.name() + " did not end within " + limit + " " + firstError());
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  Load.Counts counts() {
    return new Load.Counts(requests.get(), tokens.get(), errors.get());
  }

  Distributions takeDistributions() {
    Distributions taken = distributions;
    distributions = new Distributions();
    return taken;
  }

  String firstError() {
    return firstError.get();
  }

  long open() {
    return open.get();
  }

  void shutDown() {
    closed = true;
    selector.wakeup();
  }

  // What connections use, on this thread.

  Selector selector() {
    return selector;
  }

  Distributions current() {
    return distributions;
  }

  boolean running() {
    return running;
  }

  void answered(long tokensOfIt) {
    requests.lazySet(requests.getPlain() + 1);
    tokens.lazySet(tokens.getPlain() + tokensOfIt);
  }

  void opened(int change) {
    open.lazySet(open.getPlain() + change);
  }

  void failed(String what) {
    errors.lazySet(errors.getPlain() + 1);
    firstError.compareAndSet("", what);
  }

  void retry(LoadConnection connection) {
    retrying.add(connection);
  }

  @Override
  public void run() {
    try {
      while (!closed) {
        long wait = waitMillis();
        if (wait > 0) {
          selector.select(this::ready, wait);
        } else if (wait == 0) {
          selector.selectNow(this::ready);
        } else {
          selector.select(this::ready);
        }
        turn();
      }
      for (LoadConnection c : connections) {
        c.close();
      }
      selector.close();
    } catch (IOException e) {
      failed("the load's event loop ended: " + e);
      idle.countDown();
    }
  }

  /** How long a select may take: below 0 for ever; connections that are yet to begin limit it. */
  private long waitMillis() {
    if (!wasRunning) {
      return -1;
    }
    if (begun == connections.size()) {
      return retrying.isEmpty() ? -1 : RETRY_MILLIS;
    }
    return Math.max(0, TimeUnit.NANOSECONDS.toMillis(beginsAt(begun) - System.nanoTime()));
  }

  private long beginsAt(int index) {
    return started + plan.ramp().toNanos() * index / connections.size();
  }

  private void turn() {
    if (running && !wasRunning) {
      wasRunning = true;
      started = System.nanoTime();
      begun = 0;
    }
    if (wasRunning && running) {
      while (begun < connections.size() && beginsAt(begun) <= System.nanoTime()) {
        connections.get(begun++).begin();
      }
      for (int i = retrying.size(); i > 0; i--) {
        retrying.remove().beginAgain();
      }
    }
    if (!running && idle.getCount() > 0 && connections.stream().noneMatch(LoadConnection::busy)) {
      wasRunning = false;
      retrying.clear();
      idle.countDown();
    }
  }

  private void ready(SelectionKey key) {
    var connection = (LoadConnection) key.attachment();
    try {
      if (key.isValid() && key.isReadable()) {
        input.clear();
        int count = connection.channel().read(input);
        if (count < 0) {
          connection.ended();
          return;
        }
        input.flip();
        input.get(bytes, 0, count);
        connection.received(bytes, count);
      }
      if (key.isValid() && key.isWritable()) {
        connection.flush();
      }
    } catch (IOException | IllegalStateException e) {
      connection.broken(e);
    }
  }
}

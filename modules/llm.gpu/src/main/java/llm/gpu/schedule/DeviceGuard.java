package llm.gpu.schedule;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * Exclusive access to the device that computes: one in the process, fair, and held by an engine's
 * owner thread for one load, one unload, one step or the copy of one state, never by a request's
 * thread. With several models in memory their steps take turns.
 */
public final class DeviceGuard {
  private final ReentrantLock device = new ReentrantLock(true);
  private final LongConsumer waited;

  /**
   * A free device.
   *
   * @param waited told the nanoseconds of a wait, where there was one
   */
  public DeviceGuard(LongConsumer waited) {
    this.waited = waited;
  }

  /** Work on the device. */
  @FunctionalInterface
  public interface Work<T, X extends Exception> {
    /** Does it. */
    T run() throws X;
  }

  /** Runs {@code work} when it is this thread's turn. */
  public <T, X extends Exception> T exclusively(Work<T, X> work) throws X {
    if (device.hasQueuedThreads() || !device.tryLock()) {
      long start = System.nanoTime();
      device.lock();
      waited.accept(System.nanoTime() - start);
    }
    try {
      return work.run();
    } finally {
      device.unlock();
    }
  }
}

package llm.core.resilience;

import java.util.concurrent.CountDownLatch;
import llm.core.concurrent.Alarms;
import llm.domain.call.Call;
import llm.domain.call.Registration;

/** Waits that end with their call. */
public final class Wait {
  private Wait() {}

  /** Blocks until {@code atNanos} of the alarms' clock, or the call is cancelled. */
  public static void until(long atNanos, Call call, Alarms alarms) {
    until(atNanos, call, alarms, new CountDownLatch(1));
  }

  /** The same, or {@code done} is counted down, which this does at the end. */
  static void until(long atNanos, Call call, Alarms alarms, CountDownLatch done) {
    Registration hook = call.onCancel(done::countDown);
    Registration alarm = alarms.at(atNanos, done::countDown);
    try {
      done.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // whoever waits next ends at once too
    } finally {
      alarm.close();
      hook.close();
    }
  }
}

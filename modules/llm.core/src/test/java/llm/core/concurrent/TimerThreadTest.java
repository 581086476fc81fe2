package llm.core.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimerThreadTest {
  private static final long FAR = TimeUnit.HOURS.toNanos(1);

  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final List<String> trail = new CopyOnWriteArrayList<>();

  @Test
  void runsAlarmsInTheOrderOfTheirPoints() throws Exception {
    try (var timer = new TimerThread(failures::add)) {
      var done = new CountDownLatch(1);
      var set = hold(timer);
      long soon = timer.time().nanoTime();
      timer.at(
          soon + 2,
          () -> {
            trail.add("third");
            done.countDown();
          });
      timer.at(soon, () -> trail.add("first"));
      timer.at(soon + 1, () -> trail.add("second"));
      set.countDown();
      done.await();
      assertThat(trail).containsExactly("first", "second", "third");
      assertThat(timer.time().nanoTime()).isGreaterThanOrEqualTo(soon + 2);
    }
  }

  @Test
  void aPointInThePastRunsAtOnceOnTheTimersThread() throws Exception {
    try (var timer = new TimerThread(failures::add)) {
      var done = new CountDownLatch(1);
      timer.at(timer.time().nanoTime() + FAR, () -> trail.add("far"));
      timer.at(
          timer.time().nanoTime() - FAR,
          () -> {
            trail.add(Thread.currentThread().getName());
            done.countDown();
          });
      done.await();
      assertThat(trail).containsExactly("llm-timer");
    }
  }

  @Test
  void alarmsSetAfterARemovalRingBeforeAndAfterThePointOfTheRemovedOne() throws Exception {
    try (var timer = new TimerThread(failures::add)) {
      long millis = 40;
      while (!ringsAroundARemovedOne(timer, millis)) {
        millis *= 2; // this machine was too slow to set them all before the first was due
      }
      assertThat(trail).containsExactly("before", "after");
    }
  }

  /** Whether all were set before one was due; the trail has their order then. */
  private boolean ringsAroundARemovedOne(TimerThread timer, long millis) throws Exception {
    trail.clear();
    var slept = new CountDownLatch(1);
    timer.at(timer.time().nanoTime(), slept::countDown);
    slept.await(); // the thread has nothing to wait for now
    long apart = TimeUnit.MILLISECONDS.toNanos(millis / 4);
    long removedAt = timer.time().nanoTime() + 4 * apart;
    timer.at(removedAt, () -> trail.add("removed")).close();
    var done = new CountDownLatch(2);
    timer.at(
        removedAt + apart,
        () -> {
          trail.add("after");
          done.countDown();
        });
    timer.at(
        removedAt - apart,
        () -> {
          trail.add("before");
          done.countDown();
        });
    boolean inTime = timer.time().nanoTime() < removedAt - apart;
    done.await();
    return inTime;
  }

  @Test
  void aRemovedAlarmDoesNotRun() throws Exception {
    try (var timer = new TimerThread(failures::add)) {
      var removing = hold(timer);
      long soon = timer.time().nanoTime();
      var removed = timer.at(soon, () -> trail.add("removed"));
      var done = new CountDownLatch(1);
      timer.at(soon + 1, done::countDown);
      removed.close();
      removed.close();
      removing.countDown();
      done.await();
      assertThat(trail).isEmpty();
    }
  }

  @Test
  void anActionThatThrowsIsToldAndTheOthersGoOn() throws Exception {
    var failure = new IllegalStateException("alarm");
    try (var timer = new TimerThread(failures::add)) {
      var done = new CountDownLatch(1);
      long now = timer.time().nanoTime();
      timer.at(
          now,
          () -> {
            throw failure;
          });
      timer.at(now + 1, done::countDown);
      done.await();
      assertThat(failures).containsExactly(failure);
    }
  }

  @Test
  void aListenerThatThrowsDoesNotEndTheThread() throws Exception {
    var uncaught = new CountDownLatch(1);
    var before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((_, _) -> uncaught.countDown());
    try (var timer =
        new TimerThread(_ -> {
          throw new IllegalStateException("listener");
        })) {
      var done = new CountDownLatch(1);
      timer.at(
          timer.time().nanoTime(),
          () -> {
            throw new AssertionError("alarm");
          });
      uncaught.await();
      timer.at(timer.time().nanoTime(), done::countDown);
      done.await();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  @Test
  void closeEndsTheThreadAndForgetsTheAlarms() throws Exception {
    var timer = new TimerThread(failures::add);
    timer.at(timer.time().nanoTime() + FAR, () -> trail.add("far"));
    timer.close();
    timer.close();
    assertThat(timer.awaitEnd(10_000)).isTrue();
    timer.at(timer.time().nanoTime(), () -> trail.add("late")).close();
    assertThat(trail).isEmpty();
  }

  /** Keeps the timer's thread from every alarm that is set until the latch opens. */
  private static CountDownLatch hold(TimerThread timer) throws InterruptedException {
    var held = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    timer.at(
        timer.time().nanoTime(),
        () -> {
          held.countDown();
          try {
            release.await();
          } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
          }
        });
    held.await();
    return release;
  }
}

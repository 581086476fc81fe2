package llm.core.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TimerThreadTest {
  private static final long FAR = TimeUnit.HOURS.toNanos(1);

  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final List<String> trail = new CopyOnWriteArrayList<>();

  @Test
  void runsAlarmsInTheOrderOfTheirPoints() throws Exception {
    try (var timer = new TimerThread(failures::add)) {
      var done = new CountDownLatch(1);
      long soon = timer.time().nanoTime() + TimeUnit.MILLISECONDS.toNanos(400);
      timer.at(
          soon + 2,
          () -> {
            trail.add("third");
            done.countDown();
          });
      timer.at(soon, () -> trail.add("first"));
      timer.at(soon + 1, () -> trail.add("second"));
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
      var slept = new CountDownLatch(1);
      timer.at(timer.time().nanoTime(), slept::countDown);
      slept.await(); // the thread has nothing to wait for now
      long removedAt = timer.time().nanoTime() + TimeUnit.MILLISECONDS.toNanos(40);
      timer.at(removedAt, () -> trail.add("removed")).close();
      var done = new CountDownLatch(2);
      timer.at(
          removedAt + TimeUnit.MILLISECONDS.toNanos(10),
          () -> {
            trail.add("after");
            done.countDown();
          });
      timer.at(
          removedAt - TimeUnit.MILLISECONDS.toNanos(10),
          () -> {
            trail.add("before");
            done.countDown();
          });
      done.await();
      assertThat(trail).containsExactly("before", "after");
    }
  }

  @Test
  void aRemovedAlarmDoesNotRun() throws Exception {
    try (var timer = new TimerThread(failures::add)) {
      long soon = timer.time().nanoTime() + TimeUnit.MILLISECONDS.toNanos(20);
      var removed = timer.at(soon, () -> trail.add("removed"));
      var done = new CountDownLatch(1);
      timer.at(soon + 1, done::countDown);
      removed.close();
      removed.close();
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
}

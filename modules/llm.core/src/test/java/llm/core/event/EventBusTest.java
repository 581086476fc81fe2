package llm.core.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import llm.core.telemetry.Level;
import llm.core.testkit.RecordingTelemetry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** typed events; subscribers isolated from each other. */
@Timeout(60)
class EventBusTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final EventBus bus = new EventBus(telemetry);
  private final List<Object> seen = new CopyOnWriteArrayList<>();

  private sealed interface Fruit {}

  private record Apple(int number) implements Fruit {}

  private record Pear(int number) implements Fruit {}

  @AfterEach
  void close() {
    bus.close();
  }

  @Test
  void givesEventsByTheirClassInOrder() throws Exception {
    var apples = new CopyOnWriteArrayList<Apple>();
    bus.subscribe("all", Fruit.class, seen::add);
    bus.subscribe("apples", Apple.class, apples::add);
    for (int i = 0; i < 50; i++) {
      bus.publish(new Apple(i));
      bus.publish(new Pear(i));
      bus.publish("no fruit");
    }
    assertThat(bus.flush(SOON)).isTrue();
    assertThat(apples).isEqualTo(IntStream.range(0, 50).mapToObj(Apple::new).toList());
    assertThat(seen).hasSize(100).startsWith(new Apple(0), new Pear(0), new Apple(1));
  }

  @Test
  void aSubscriberThatDoesNotListenNowMissesWhatIsPublishedMeanwhile() throws Exception {
    var listens = new AtomicBoolean();
    bus.subscribe("sometimes", Apple.class, listens::get, seen::add);
    bus.publish(new Apple(1));
    listens.set(true);
    bus.publish(new Apple(2));
    listens.set(false);
    bus.publish(new Apple(3));
    assertThat(bus.flush(SOON)).isTrue();
    assertThat(seen).containsExactly(new Apple(2));
  }

  @Test
  void aSlowSubscriberLosesItsOldestAndNobodyElses() throws Exception {
    var entered = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    var slow = new CopyOnWriteArrayList<Apple>();
    bus.subscribe("quick", Apple.class, seen::add);
    bus.subscribe(
        "slow",
        Apple.class,
        apple -> {
          entered.countDown();
          await(release);
          slow.add(apple);
        });
    bus.publish(new Apple(0));
    await(entered);
    int more = EventBus.QUEUE_SIZE + 7;
    for (int i = 1; i <= more; i++) {
      bus.publish(new Apple(i));
      if (i % 100 == 0) {
        awaitSeen(i + 1); // the quick one is quick, not infinitely so
      }
    }
    awaitSeen(more + 1);
    assertThat(bus.flush(Duration.ZERO)).isFalse();
    release.countDown();
    assertThat(bus.flush(SOON)).isTrue();
    assertThat(slow).hasSize(1 + EventBus.QUEUE_SIZE).startsWith(new Apple(0), new Apple(8));
    assertThat(slow.getLast()).isEqualTo(new Apple(more));
    assertThat(telemetry.metrics().prometheusText())
        .contains(
            "event_bus_dropped_total{subscriber=\"slow\"} 7",
            "event_bus_dropped_total{subscriber=\"quick\"} 0");
  }

  @Test
  void aSubscriberThatThrowsIsToldOfAndGoesOn() throws Exception {
    bus.subscribe(
        "broken",
        Apple.class,
        apple -> {
          seen.add(apple);
          throw new IllegalStateException("apple " + apple.number());
        });
    bus.publish(new Apple(1));
    bus.publish(new Apple(2));
    assertThat(bus.flush(SOON)).isTrue();
    assertThat(seen).containsExactly(new Apple(1), new Apple(2));
    var told = telemetry.events("event_subscriber_failed");
    assertThat(told).hasSize(2);
    assertThat(told.getFirst().level()).isEqualTo(Level.ERROR);
    assertThat(told.getFirst().text("subscriber")).contains("broken");
    assertThat(told.getFirst().text("error")).contains("java.lang.IllegalStateException: apple 1");
    assertThat(telemetry.metrics().prometheusText())
        .contains("event_bus_failures_total{subscriber=\"broken\"} 2");
  }

  @Test
  void aClosedSubscriptionGetsNothingMore() throws Exception {
    var entered = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    var registration =
        bus.subscribe(
            "leaver",
            Apple.class,
            apple -> {
              entered.countDown();
              await(release);
              seen.add(apple);
            });
    bus.publish(new Apple(1));
    bus.publish(new Apple(2));
    await(entered);
    registration.close();
    registration.close();
    bus.publish(new Apple(3));
    release.countDown();
    var last = new CountDownLatch(1);
    bus.subscribe("other", Apple.class, _ -> last.countDown());
    bus.publish(new Apple(4));
    await(last);
    awaitSeen(1);
    assertThat(seen).containsExactly(new Apple(1));
  }

  @Test
  void closingHandlesWhatWaitsAndTakesNoMore() {
    bus.subscribe("all", Apple.class, seen::add);
    for (int i = 0; i < 500; i++) {
      bus.publish(new Apple(i));
    }
    assertThat(bus.close(SOON)).isTrue();
    assertThat(bus.close(SOON)).isTrue();
    bus.publish(new Apple(-1));
    assertThat(seen).hasSize(500);
    assertThatIllegalStateException()
        .isThrownBy(() -> bus.subscribe("late", Apple.class, seen::add))
        .withMessage("the event bus is closed; late comes too late");
  }

  @Test
  void closingInterruptsASubscriberThatDoesNotEnd() throws Exception {
    var entered = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    bus.subscribe(
        "stuck",
        Apple.class,
        _ -> {
          entered.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException _) {
            interrupted.countDown();
          }
        });
    bus.publish(new Apple(1));
    await(entered);
    assertThat(bus.close(Duration.ofMillis(1))).isFalse();
    await(interrupted);
  }

  @Test
  void manyPublishersLoseNothingWhenTheSubscriberKeepsUp() throws Exception {
    bus.subscribe("all", Apple.class, seen::add);
    var threads = new ArrayList<Thread>();
    for (int t = 0; t < 4; t++) {
      int from = t * 200;
      threads.add(
          Thread.startVirtualThread(
              () -> IntStream.range(from, from + 200).forEach(i -> bus.publish(new Apple(i)))));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(bus.flush(SOON)).isTrue();
    assertThat(seen)
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, 800).mapToObj(i -> (Object) new Apple(i)).toList());
  }

  private void awaitSeen(int count) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (seen.size() < count) {
      assertThat(System.nanoTime()).as("%d seen", seen.size()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(SOON.toSeconds(), java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }
}

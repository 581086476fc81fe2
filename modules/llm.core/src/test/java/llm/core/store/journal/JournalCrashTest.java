package llm.core.store.journal;

import static llm.core.store.Points.at;
import static llm.core.store.Points.identity;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llm.core.store.ModelLogs;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.port.LogStore;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogKey;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;
import llm.domain.store.StoreException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The journal stops at every byte of every write and at every other change of the disk. Whatever
 * was acknowledged is there afterwards, once and whole; what was not is there whole or not at all.
 */
class JournalCrashTest {
  private static final int STEPS = 70;
  private static final List<String> IDS = List.of("a", "b", "c");
  private static final Optional<Duration> ALWAYS = Optional.empty();
  private static final Optional<Duration> INTERVAL = Optional.of(Duration.ofMillis(20));

  /** One thing asked of the store, and of the model. */
  private record Ask(
      int kind, String id, LogIdentity born, List<String> texts, Optional<String> head, int back) {
    static Ask random(Random random, int step) {
      var texts = new ArrayList<String>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        texts.add(step + "." + i + " é" + "x".repeat(random.nextInt(40)));
      }
      return new Ask(
          random.nextInt(10),
          IDS.get(random.nextInt(IDS.size())),
          identity(step + 1),
          texts,
          random.nextBoolean() ? Optional.of("head " + step) : Optional.empty(),
          random.nextInt(3));
    }

    /** At the end that the model knows, so that a repeat is one. */
    void of(LogStore store, ModelLogs model) throws StoreException {
      var key = new LogKey("test", id);
      LogPoint end = model.end(id, born);
      if (kind == 0) {
        store.delete(key, end.identity());
      } else if (kind <= 3 && end.position() > back) {
        store.compact(key, last(end), texts.getFirst());
      } else {
        store.append(key, end, texts, head);
      }
    }

    void of(ModelLogs model) {
      LogPoint end = model.end(id, born);
      if (kind == 0) {
        model.logs.remove(id);
      } else if (kind <= 3 && end.position() > back) {
        model.compact(id, last(end), texts.getFirst());
      } else {
        model.append(id, end, texts, head);
      }
    }

    private LogPoint last(LogPoint end) {
      return new LogPoint(end.identity(), end.position() - 1 - back);
    }
  }

  /** What is seen of a log, as text. */
  private static String seen(LogStore store) throws StoreException {
    var text = new StringBuilder();
    for (String id : IDS) {
      var key = new LogKey("test", id);
      String head = store.find(key).map(info -> info.end() + info.head()).orElse("none");
      text.append(id).append(head).append(store.read(key, 0, 9_999)).append('\n');
    }
    return text.toString();
  }

  private static String seen(ModelLogs model) {
    var text = new StringBuilder();
    for (String id : IDS) {
      var log = model.logs.get(id);
      text.append(id).append(log == null ? "none" : model.end(id, log.identity) + log.head);
      text.append(model.read(id, 0, 9_999)).append('\n');
    }
    return text.toString();
  }

  private static ModelLogs model(List<Ask> asks, int count) {
    var model = new ModelLogs();
    asks.subList(0, count).forEach(ask -> ask.of(model));
    return model;
  }

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  private LogStore open(FaultDisk disk, Optional<Duration> interval) throws IOException {
    var settings = new JournalSettings(interval, 700, 1 << 20, 1 << 20, Duration.ofSeconds(10));
    return JournalLogStore.open(disk, settings, clock, telemetry, Runnable::run);
  }

  private static List<Ask> asks(long seed) {
    var random = new Random(seed);
    var asks = new ArrayList<Ask>();
    for (int step = 0; step < STEPS; step++) {
      asks.add(Ask.random(random, step));
    }
    return asks;
  }

  /** Asks until the disk stops; how many were acknowledged. */
  private int run(FaultDisk disk, List<Ask> asks, Optional<Duration> interval) throws Exception {
    int done = 0;
    try {
      var store = open(disk, interval);
      var model = new ModelLogs();
      for (Ask ask : asks) {
        ask.of(store, model);
        ask.of(model);
        done++;
        if (interval.isPresent()) {
          clock.advance(Duration.ofMillis(7));
        }
      }
      store.close();
    } catch (FaultDisk.Stopped stopped) {
      assertThat(done).as("while it is opened").isZero();
    } catch (StoreException stopped) {
      assertThat(stopped.reason()).isEqualTo(Reason.UNAVAILABLE);
    }
    return done;
  }

  /** Opens what is left, and repeats what nobody acknowledged: then all is as if nothing was. */
  private void goesOn(FaultDisk left, List<Ask> asks, int done, String told) throws Exception {
    var store = open(left, ALWAYS);
    String found = seen(store);
    String before = seen(model(asks, done));
    String after = seen(model(asks, Math.min(done + 1, asks.size())));
    assertThat(found).as(told).isIn(before, after);
    var model = model(asks, done);
    boolean repeat = !found.equals(before);
    for (Ask ask : asks.subList(done, Math.min(done + 6, asks.size()))) {
      boolean twice = repeat && ask.kind <= 3;
      repeat = false;
      if (!twice) { // a removal or a snapshot that was done needs no repeat
        ask.of(store, model);
      }
      ask.of(model);
    }
    assertThat(seen(store)).as(told).isEqualTo(seen(model));
    store.close();
    store = open(left.afterKill(), ALWAYS);
    assertThat(seen(store)).as(told).isEqualTo(seen(model));
    store.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 20_261_121})
  void aKillAtEveryByteLosesNothingAcknowledged(long seed) throws Exception {
    var asks = asks(seed);
    var whole = new FaultDisk();
    assertThat(run(whole, asks, ALWAYS)).isEqualTo(STEPS);
    assertThat(telemetry.events("journal_rewritten")).isNotEmpty();
    for (long stop = 0; stop < whole.steps(); stop++) {
      var disk = new FaultDisk().stopAfter(stop);
      int done = run(disk, asks, stop % 2 == 0 ? ALWAYS : INTERVAL);
      goesOn(disk.afterKill(), asks, done, "seed " + seed + ", stopped after step " + stop);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {6, 20_261_122})
  void aPowerCutAtAnyByteLosesNothingAcknowledged(long seed) throws Exception {
    var asks = asks(seed);
    var whole = new FaultDisk();
    run(whole, asks, ALWAYS);
    for (long stop = 0; stop < whole.steps(); stop++) {
      var disk = new FaultDisk().stopAfter(stop);
      int done = run(disk, asks, ALWAYS);
      var left = disk.afterPowerCut(new Random(seed + stop));
      goesOn(left, asks, done, "seed " + seed + ", stopped after step " + stop);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {7, 20_261_123})
  void withAnIntervalAPowerCutLosesTheLatestOnly(long seed) throws Exception {
    var asks = asks(seed);
    var whole = new FaultDisk();
    run(whole, asks, INTERVAL);
    var states = new ArrayList<String>();
    for (int count = 0; count <= STEPS; count++) {
      states.add(seen(model(asks, count)));
    }
    for (long stop = 0; stop < whole.steps(); stop += 3) {
      var disk = new FaultDisk().stopAfter(stop);
      int done = run(disk, asks, INTERVAL);
      String told = "seed " + seed + ", stopped after step " + stop;
      var store = open(disk.afterPowerCut(new Random(seed + stop)), INTERVAL);
      // 20 ms hold three asks of 7 ms: these and the one that was going on may be gone.
      int least = Math.max(0, done - 4);
      assertThat(seen(store))
          .as(told)
          .isIn(states.subList(least, Math.min(done + 2, states.size())));
      store.close();
    }
  }

  @Test
  void aStopWhileItIsOpenedIsAsGoodAsAnyOther() throws Exception {
    var asks = asks(8);
    var disk = new FaultDisk();
    run(disk, asks, ALWAYS);
    long all = disk.steps();
    for (long stop = all / 3; stop < all; stop += 17) {
      var first = new FaultDisk().stopAfter(stop);
      int done = run(first, asks, ALWAYS);
      var random = new Random(stop);
      for (int second = 0; second < 9; second++) {
        var left = first.afterPowerCut(random).stopAfter(second);
        try {
          open(left, ALWAYS).close();
        } catch (FaultDisk.Stopped stopped) {
          assertThat(left.steps()).isEqualTo(second);
        }
        goesOn(left.afterPowerCut(random), asks, done, "stopped after " + stop + ", " + second);
      }
    }
  }

  @Test
  void whatIsAcknowledgedIsSyncedAndWhoWaitsTogetherSharesASync() throws Exception {
    var disk = new FaultDisk();
    try (var store = open(disk, ALWAYS)) {
      int before = disk.syncs();
      store.append(new LogKey("test", "a"), at(0), List.of("x"), Optional.empty());
      assertThat(disk.syncs()).isEqualTo(before + 1);
      store.read(new LogKey("test", "a"), 0, 9).records();
      store.append(new LogKey("test", "a"), at(0), List.of("x"), Optional.empty());
      assertThat(disk.syncs()).as("nothing new").isEqualTo(before + 1);
    }
    try (var store = open(disk, INTERVAL)) {
      int before = disk.syncs();
      for (int i = 1; i < 4; i++) {
        store.append(new LogKey("test", "a"), at(i), List.of("x"), Optional.empty());
      }
      assertThat(disk.syncs()).isEqualTo(before);
      clock.advance(Duration.ofMillis(20));
      assertThat(disk.syncs()).isEqualTo(before + 1);
    }
  }

  @Test
  void afterTheDeviceFailedNothingIsPromised() throws Exception {
    var disk = new FaultDisk();
    var store = open(disk, ALWAYS);
    store.append(new LogKey("test", "a"), at(0), List.of("x"), Optional.empty());
    disk.stopAfter(disk.steps() + 5);
    for (int i = 0; i < 2; i++) {
      assertThat(failure(store)).isEqualTo(Reason.UNAVAILABLE);
    }
    assertThat(store.isAvailable()).isFalse();
    assertThat(telemetry.events("journal_failed")).hasSize(1);
    store.close();
  }

  @Test
  void aFullDeviceIsNoBrokenOne() throws Exception {
    var disk = new FaultDisk();
    var store = open(disk, ALWAYS);
    store.append(new LogKey("test", "a"), at(0), List.of("x"), Optional.empty());
    for (int bytes = 0; bytes < 40; bytes += 13) {
      disk.fill(bytes);
      assertThat(failure(store)).isEqualTo(Reason.FULL);
      assertThat(store.isAvailable()).isTrue();
      assertThat(store.read(new LogKey("test", "a"), 0, 9).records()).hasSize(1);
    }
    disk.makeRoom();
    for (int i = 1; i < 30; i++) {
      store.append(new LogKey("test", "a"), at(i), List.of("y".repeat(100)), Optional.empty());
      disk.fill(0); // the next segment cannot be made, at times
      assertThat(failure(store, i + 1)).isEqualTo(Reason.FULL);
      disk.makeRoom();
    }
    store.close();
    store = open(disk.afterKill(), ALWAYS);
    assertThat(store.read(new LogKey("test", "a"), 0, 99).records()).hasSize(30);
    store.close();
  }

  private static Reason failure(LogStore store) {
    return failure(store, 1);
  }

  private static Reason failure(LogStore store, long position) {
    try {
      store.append(new LogKey("test", "a"), at(position), List.of("y"), Optional.empty());
      throw new AssertionError("acknowledged");
    } catch (StoreException refused) {
      return refused.reason();
    }
  }
}

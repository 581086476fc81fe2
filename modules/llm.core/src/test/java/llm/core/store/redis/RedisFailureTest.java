package llm.core.store.redis;

import static llm.core.store.Points.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.RedisProcess;
import llm.core.testkit.TestAuthority;
import llm.domain.port.LogStore;
import llm.domain.store.LogKey;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;
import llm.domain.store.StoreException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Redis is killed, or the way to it is cut, at any moment: nothing acknowledged is lost or doubled.
 */
class RedisFailureTest {
  private static final LogKey A = new LogKey("test", "a");
  private static final long SEED = 20_261_121;
  private static final int KILLS = 8;

  @TempDir private Path folder;
  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  private LogStore open(RedisSettings settings) {
    var stores =
        RedisStores.open(settings, 1 << 20, Duration.ofSeconds(5), clock, telemetry, Runnable::run);
    stores.values().close();
    return stores.logs();
  }

  private static boolean appended(LogStore store, LogKey key, long position) throws StoreException {
    try {
      store.append(key, at(position), List.of("text " + position), Optional.of("head " + position));
      return true;
    } catch (StoreException away) {
      assertThat(away.reason()).isEqualTo(Reason.UNAVAILABLE);
      return false;
    }
  }

  private static List<LogRecord> expected(long end) {
    return LongStream.range(0, end).mapToObj(i -> new LogRecord(i, "text " + i)).toList();
  }

  @Test
  void aKillAtAnyMomentLosesNothingAcknowledged() throws Exception {
    var random = new Random(SEED);
    var acknowledged = new AtomicLong();
    var stop = new AtomicBoolean();
    try (var redis = RedisProcess.start(folder);
        var store = open(Redises.of(redis, ""));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Void> writer =
          threads.submit(() -> {
            for (long next = 0; !stop.get(); ) {
              if (appended(store, A, next)) { // else the same again: it may have been done
                next++;
                acknowledged.set(next);
              } else {
                Thread.yield();
              }
            }
            return null;
          });
      for (int kill = 0; kill < KILLS; kill++) {
        long until = acknowledged.get() + 1 + random.nextInt(200);
        while (acknowledged.get() < until && !writer.isDone()) {
          Thread.onSpinWait();
        }
        redis.kill();
        long least = acknowledged.get();
        redis.start();
        clock.advance(Duration.ofSeconds(1));
        try (var other = open(Redises.of(redis, ""))) {
          var read = other.read(A, 0, Integer.MAX_VALUE).records();
          String told = "seed " + SEED + ", kill " + kill;
          assertThat(read).as(told).isEqualTo(expected(read.size()));
          assertThat((long) read.size()).as(told).isGreaterThanOrEqualTo(least);
        }
      }
      stop.set(true);
      writer.get();
      List<LogRecord> all = store.read(A, 0, Integer.MAX_VALUE).records();
      assertThat(all).isEqualTo(expected(all.size()));
      assertThat((long) all.size())
          .as("what was acknowledged, and what was written when the writer last heard nothing")
          .isBetween(acknowledged.get(), acknowledged.get() + 1);
    }
  }

  @Test
  void aConnectionThatEndsAtAnyByteDoublesNothing() throws Exception {
    try (var redis = RedisProcess.start(folder);
        var proxy = CutProxy.before(redis.port());
        var store = open(Redises.of(proxy.port(), ""))) {
      assertThat(appended(store, A, 0)).isTrue();
      long before = proxy.passed();
      assertThat(appended(store, A, 1)).isTrue();
      long bytes = proxy.passed() - before + 8;
      assertThat(bytes).isBetween(100L, 1_000L);
      long next = 2;
      for (long cut = 0; cut < bytes; cut++) {
        proxy.cutAfter(cut);
        while (!appended(store, A, next)) {
          clock.advance(Duration.ofSeconds(1));
        }
        proxy.cutAfter(Long.MAX_VALUE);
        next++;
        assertThat(store.find(A).orElseThrow().end()).as("cut after " + cut).isEqualTo(at(next));
      }
      assertThat(store.read(A, 0, Integer.MAX_VALUE).records()).isEqualTo(expected(next));
    }
  }

  @Test
  void whoIsInterruptedSaysNothingOfRedis() throws Exception {
    try (var redis = RedisProcess.start(folder);
        var store = open(Redises.of(redis, ""));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> interrupted =
          threads.submit(() -> {
            Thread.currentThread().interrupt();
            boolean done = appended(store, A, 0);
            return done || Thread.interrupted();
          });
      assertThat(interrupted.get()).isTrue();
      assertThat(store.isAvailable()).isTrue();
      assertThat(appended(store, A, 0)).isTrue();
      assertThat(store.read(A, 0, 9).records()).isEqualTo(expected(1));
      assertThat(telemetry.events("redis_unavailable")).isEmpty();
    }
  }

  @Test
  void tlsChecksTheServersNameAndAuthority() throws Exception {
    var authority = TestAuthority.create();
    var context = authority.server("localhost");
    Path pem = Files.writeString(folder.resolve("ca.pem"), authority.pem());
    try (var redis = RedisProcess.start(folder);
        var listener = context.getServerSocketFactory().createServerSocket(0);
        var _ = new CutProxy(listener, redis.port())) {
      try (var store = open(tls("localhost", listener.getLocalPort(), Optional.of(pem)))) {
        assertThat(appended(store, A, 0)).isTrue();
        assertThat(store.read(A, 0, 9).records()).isEqualTo(expected(1));
      }
      try (var store = open(tls("127.0.0.1", listener.getLocalPort(), Optional.of(pem)))) {
        assertThat(appended(store, A, 1)).as("the certificate names localhost").isFalse();
      }
      try (var store = open(tls("localhost", listener.getLocalPort(), Optional.empty()))) {
        assertThat(appended(store, A, 1)).as("the JDK does not trust it").isFalse();
      }
    }
    Path empty = Files.writeString(folder.resolve("empty.pem"), "");
    assertThatThrownBy(() -> open(tls("localhost", 1, Optional.of(empty))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("holds no certificate");
  }

  private static RedisSettings tls(String host, int port, Optional<Path> authorities) {
    return new RedisSettings(
        host, port, Optional.empty(), Optional.empty(), 0, true, authorities, "", 2);
  }
}

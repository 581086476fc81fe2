package llm.server.idempotency;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import llm.core.idempotency.IdempotencySettings;
import llm.core.store.redis.RedisSettings;
import llm.core.store.redis.RedisStores;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.RedisProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One key on two servers that share a real Redis, until that is gone. */
@Timeout(60)
class SharedKeysTest {
  private static final String WHOLE = "/v1/whole";
  private static final Duration LEASE = Duration.ofSeconds(30);

  @TempDir private Path folder;

  private static RedisStores stores(RedisProcess redis, ManualClock clock) {
    var settings =
        new RedisSettings(
            "127.0.0.1",
            redis.port(),
            Optional.empty(),
            Optional.empty(),
            0,
            false,
            Optional.empty(),
            "t:",
            4);
    return RedisStores.open(
        settings, 1 << 20, Duration.ofSeconds(5), clock, new RecordingTelemetry());
  }

  private static Rig rig(RedisStores stores, ManualClock clock) throws Exception {
    return new Rig(IdempotencySettings.DEFAULTS, Optional.of(stores.logs()), Optional.of(clock));
  }

  private static String outcome(HttpResponse<String> answer) {
    return answer.headers().firstValue("x-llm-idempotency").orElse("");
  }

  @Test
  void twoServersAnswerAKeyOnce() throws Exception {
    var here = new ManualClock();
    var there = new ManualClock();
    try (var redis = RedisProcess.start(folder)) {
      RedisStores one = stores(redis, here);
      RedisStores two = stores(redis, there);
      try (var first = rig(one, here);
          var second = rig(two, there)) {
        var made = first.send(WHOLE, "k", "{}");
        Rig.await(() -> first.asked.get() == 1, "the generation");
        var meanwhile = second.post(WHOLE, "k", "{}");
        assertThat(meanwhile.statusCode()).isEqualTo(409);
        assertThat(meanwhile.headers().firstValue("retry-after")).contains("2");
        assertThat(second.post(WHOLE, "k", "{\"other\":1}").statusCode()).isEqualTo(422);
        first.say("one");
        first.end();
        String told = made.get(20, TimeUnit.SECONDS).body();
        var replayed = second.post(WHOLE, "k", "{}");
        assertThat(replayed.body()).isEqualTo(told);
        assertThat(outcome(replayed)).isEqualTo("replayed");
        assertThat(second.post(WHOLE, "k", "{\"other\":1}").statusCode()).isEqualTo(422);

        aDeadServersKeyIsFree(first, second, there);

        redis.kill();
        var away = second.post(WHOLE, "new", "{}");
        assertThat(away.statusCode()).isEqualTo(503);
        assertThat(away.headers().firstValue("retry-after")).isPresent();
        assertThat(outcome(second.post(WHOLE, "k", "{}"))).isEqualTo("replayed"); // it has that
      } finally {
        one.values().close();
        one.logs().close();
        two.values().close();
        two.logs().close();
      }
    }
  }

  /** The first one's clock stands still: it gives no sign of life. */
  private static void aDeadServersKeyIsFree(Rig first, Rig second, ManualClock there)
      throws Exception {
    var stalled = first.send(WHOLE, "dead", "{}");
    Rig.await(() -> first.asked.get() == 2, "the generation");
    there.advance(LEASE.minusSeconds(1));
    assertThat(second.post(WHOLE, "dead", "{}").statusCode()).isEqualTo(409);
    there.advance(Duration.ofSeconds(2));
    second.say("anew");
    second.end();
    var anew = second.post(WHOLE, "dead", "{}");
    assertThat(anew.body()).contains("anew");
    first.say("late");
    first.end();
    var late = stalled.get(20, TimeUnit.SECONDS);
    assertThat(late.body()).contains("late");
    assertThat(outcome(late)).isEqualTo("not_kept"); // the other's stands
    assertThat(first.post(WHOLE, "dead", "{}").body()).isEqualTo(anew.body());
  }
}

package llm.core.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import llm.core.concurrent.CallScope;
import llm.core.limit.Asked;
import llm.core.limit.LimitRules;
import llm.core.limit.LimitSettings;
import llm.core.limit.Limits;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.RedisProcess;
import llm.core.testkit.TestConfig;
import llm.domain.call.CallId;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of shared limits while a real redis-server is killed and started again. */
class RedisLimitsLossTest {
  @TempDir private Path folder;
  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final Limits limits = new Limits(clock, IdSource.RANDOM, telemetry);

  /** A request of which nothing but the model is asked. */
  private record Hello(String model) implements Asked {
    @Override
    public Optional<String> user() {
      return Optional.empty();
    }

    @Override
    public Estimate estimate() {
      return new Estimate(1, Optional.of(1), Optional.empty());
    }
  }

  private static LimitRules rules(String whenLost) {
    var config =
        TestConfig.yaml(
            "limits: {when_store_is_lost: "
                + whenLost
                + ", rules: {day: {requests_per_day: 2, max_concurrent: 9}}}");
    var rules =
        LimitSettings.read(config.root().section(LimitSettings.SECTION, LimitSettings.SECTION_DOC));
    assertThat(config.problems()).isEmpty();
    return rules;
  }

  /** Empty: it was let in. */
  private Optional<LlmError> refusal(LimitRules rules) {
    try (var call =
        CallScope.open(
                new CallId("c"),
                new Principal("a"),
                Optional.empty(),
                Duration.ofMinutes(1),
                clock,
                failure -> {
                  throw new AssertionError(failure);
                })
            .by("/v1/chat/completions")) {
      LlmException refused =
          catchThrowableOfType(
              LlmException.class,
              () -> limits.settle(limits.admit(rules, new Hello("m"), call), 2, 0));
      return Optional.ofNullable(refused).map(LlmException::error);
    }
  }

  @Test
  void eachChoiceHoldsWhileRedisIsLostAndWhatItCountedIsThereWhenItIsBack() throws Exception {
    LimitRules allow = rules("allow");
    LimitRules refuse = rules("refuse");
    try (var redis = RedisProcess.start(folder)) {
      RedisStores stores =
          RedisStores.open(
              Redises.of(redis, ""),
              1 << 20,
              Duration.ofSeconds(5),
              clock,
              telemetry,
              Runnable::run);
      limits.share(stores.limits());
      assertThat(refusal(allow)).isEmpty();

      redis.kill();
      assertThat(refusal(allow)).as("first on its own").isEmpty();
      assertThat(refusal(allow)).as("second on its own").isEmpty();
      assertThat(refusal(allow).orElseThrow()).isInstanceOf(LlmError.LimitExceeded.class);
      assertThat(limits.trouble().orElseThrow()).contains("counts its limits for itself");
      assertThat(refusal(refuse).orElseThrow()).isInstanceOf(LlmError.StoreUnavailable.class);
      assertThat(limits.trouble().orElseThrow()).contains("are refused");

      redis.start();
      clock.advance(Duration.ofSeconds(1));
      assertThat(refusal(refuse)).as("the second that Redis counts").isEmpty();
      assertThat(limits.trouble()).isEmpty();
      assertThat(refusal(allow).orElseThrow()).isInstanceOf(LlmError.LimitExceeded.class);
      assertThat(telemetry.events("limit_store_lost")).hasSize(1);
      assertThat(telemetry.events("limit_store_back")).hasSize(1);
      stores.logs().close();
      stores.values().close();
    }
  }
}

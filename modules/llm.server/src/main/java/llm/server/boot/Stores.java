package llm.server.boot;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.gateway.Gateway;
import llm.core.limit.MemoryLimitStore;
import llm.core.store.journal.JournalLogStore;
import llm.core.store.memory.MemoryLogStore;
import llm.core.store.memory.MemoryValueStore;
import llm.core.store.redis.RedisStores;
import llm.core.telemetry.Telemetry;
import llm.core.usage.KeptQuotas;
import llm.core.usage.KeptUsage;
import llm.core.usage.LogSumStore;
import llm.domain.port.LimitStore;
import llm.domain.port.LogStore;
import llm.domain.port.SumStore;
import llm.domain.port.ValueStore;
import llm.server.api.StoreStatus;

/**
 * The open stores of the process.
 *
 * @param kind which, as {@code /health} says it
 * @param counting what counts against limits, and what was used
 */
record Stores(String kind, LogStore logs, ValueStore values, Counting counting)
    implements AutoCloseable {

  /**
   * What is counted beyond a request.
   *
   * @param limits shared by several servers; empty: this one counts for itself
   * @param sums what outlives the process; empty: nothing does
   * @param bucketsPerRule how many names one rule of the limits counts apart
   * @param end gives up connections of its own
   */
  record Counting(
      Optional<LimitStore> limits, Optional<SumStore> sums, int bucketsPerRule, Runnable end) {}

  /**
   * Opens what the settings say.
   *
   * @throws StartFailure when the journal cannot be opened, or the file of Redis's authorities
   */
  static Stores open(StoreSettings settings, Alarms alarms, Telemetry telemetry)
      throws StartFailure {
    var time = alarms.time();
    String kind = settings.kind().name().toLowerCase(Locale.ROOT);
    return switch (settings.kind()) {
      case REDIS -> redis(kind, settings, alarms, telemetry);
      case JOURNAL -> {
        LogStore logs = journal(settings, alarms, telemetry);
        var counting = counting(settings, Optional.of(new LogSumStore(logs)), alarms, telemetry);
        yield new Stores(kind, logs, values(settings, alarms, telemetry), counting);
      }
      case AUTO, MEMORY -> {
        long appendBytes = settings.journal().appendBytes();
        var logs =
            new MemoryLogStore(settings.memoryBytes(), appendBytes, time, telemetry.metrics());
        var counting = counting(settings, Optional.empty(), alarms, telemetry);
        yield new Stores(kind, logs, values(settings, alarms, telemetry), counting);
      }
    };
  }

  private static ValueStore values(StoreSettings settings, Alarms alarms, Telemetry telemetry) {
    return new MemoryValueStore(settings.valueBytes(), alarms.time(), telemetry.metrics());
  }

  private static Stores redis(
      String kind, StoreSettings settings, Alarms alarms, Telemetry telemetry) throws StartFailure {
    try {
      RedisStores all = openRedis(settings, alarms, telemetry);
      Optional<LimitStore> limits =
          settings.sharesLimits() ? Optional.of(all.limits()) : Optional.empty();
      int most = settings.limits().bucketsPerRule();
      var counting = new Counting(limits, Optional.of(all.sums()), most, () -> {});
      return new Stores(kind, all.logs(), all.values(), counting);
    } catch (IllegalArgumentException refused) {
      throw StartFailure.ofConfiguration(refused.getMessage(), refused);
    }
  }

  private static RedisStores openRedis(StoreSettings settings, Alarms alarms, Telemetry telemetry) {
    return RedisStores.open(
        settings.redis().orElseThrow(),
        settings.journal().appendBytes(),
        settings.timeLimit(),
        settings.limits().bucketsPerRule(),
        alarms,
        telemetry);
  }

  /** Of a store that is no Redis; limits may be counted in one all the same. */
  private static Counting counting(
      StoreSettings settings, Optional<SumStore> sums, Alarms alarms, Telemetry telemetry)
      throws StartFailure {
    int most = settings.limits().bucketsPerRule();
    if (!settings.sharesLimits()) {
      return new Counting(Optional.empty(), sums, most, () -> {});
    }
    try {
      RedisStores redis = openRedis(settings, alarms, telemetry);
      Optional<SumStore> kept = Optional.of(sums.orElse(redis.sums()));
      return new Counting(
          Optional.of(redis.limits()),
          kept,
          most,
          () -> {
            redis.logs().close();
            redis.values().close();
          });
    } catch (IllegalArgumentException refused) {
      throw StartFailure.ofConfiguration(refused.getMessage(), refused);
    }
  }

  /** Has a gateway count here, before it serves. Blocks while today's counts are read. */
  void countFor(Gateway gateway, Alarms alarms, Telemetry telemetry) {
    var local = new MemoryLimitStore(alarms.time(), counting.bucketsPerRule());
    gateway.limits().countIn(local);
    counting.limits().ifPresent(gateway.limits()::share);
    if (counting.sums().isEmpty()) {
      return;
    }
    SumStore sums = counting.sums().get();
    Runnable alongside = () -> {};
    if (counting.limits().isEmpty() && kind.equals("journal")) {
      var quotas = new KeptQuotas(local, sums, alarms.time(), telemetry.log("llm.limit"));
      quotas.restore();
      alongside = quotas::keep;
    }
    gateway.usage().keepIn(new KeptUsage(sums), alongside);
  }

  private static LogStore journal(StoreSettings settings, Alarms alarms, Telemetry telemetry)
      throws StartFailure {
    try {
      return JournalLogStore.open(
          settings.folder().orElseThrow(), settings.journal(), alarms, telemetry);
    } catch (IOException refused) {
      throw StartFailure.ofConfiguration(refused.getMessage(), refused);
    }
  }

  /** As {@code /health} shows it. */
  StoreStatus status() {
    return new StoreStatus(kind, durability(), logs.isAvailable());
  }

  /** What survives, in the word for users. */
  String durability() {
    return switch (logs.durability()) {
      case NONE -> "none";
      case FILE -> "journal";
      case SHARED -> "redis";
    };
  }

  @Override
  public void close() {
    counting.end().run();
    values.close();
    logs.close();
  }
}

package llm.server.boot;

import java.io.IOException;
import java.util.Locale;
import llm.core.concurrent.Alarms;
import llm.core.store.journal.JournalLogStore;
import llm.core.store.memory.MemoryLogStore;
import llm.core.store.memory.MemoryValueStore;
import llm.core.store.redis.RedisStores;
import llm.core.telemetry.Telemetry;
import llm.domain.port.LogStore;
import llm.domain.port.ValueStore;
import llm.server.api.StoreStatus;

/**
 * The open stores of the process.
 *
 * @param kind which, as {@code /health} says it
 */
record Stores(String kind, LogStore logs, ValueStore values) implements AutoCloseable {

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
      case JOURNAL ->
          new Stores(
              kind, journal(settings, alarms, telemetry), values(settings, alarms, telemetry));
      case AUTO, MEMORY -> {
        long appendBytes = settings.journal().appendBytes();
        var logs =
            new MemoryLogStore(settings.memoryBytes(), appendBytes, time, telemetry.metrics());
        yield new Stores(kind, logs, values(settings, alarms, telemetry));
      }
    };
  }

  private static ValueStore values(StoreSettings settings, Alarms alarms, Telemetry telemetry) {
    return new MemoryValueStore(settings.valueBytes(), alarms.time(), telemetry.metrics());
  }

  private static Stores redis(
      String kind, StoreSettings settings, Alarms alarms, Telemetry telemetry) throws StartFailure {
    try {
      var both =
          RedisStores.open(
              settings.redis().orElseThrow(),
              settings.journal().appendBytes(),
              settings.timeLimit(),
              alarms,
              telemetry);
      return new Stores(kind, both.logs(), both.values());
    } catch (IllegalArgumentException refused) {
      throw StartFailure.ofConfiguration(refused.getMessage(), refused);
    }
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
    values.close();
    logs.close();
  }
}

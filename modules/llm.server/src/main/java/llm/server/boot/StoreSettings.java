package llm.server.boot;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.limit.LimitSettings;
import llm.core.store.journal.JournalSettings;
import llm.core.store.redis.RedisSettings;

/**
 * Where what outlives a request is kept, from section {@code store}.
 *
 * @param kind which store; never {@code AUTO}
 * @param folder the journal's; present when it is used
 * @param redis present when it is used
 * @param timeLimit how long whoever asks waits
 * @param memoryBytes the most that logs take in memory
 * @param valueBytes the most that values take in memory
 * @param limits where limits are counted
 */
record StoreSettings(
    Kind kind,
    Optional<Path> folder,
    JournalSettings journal,
    Optional<RedisSettings> redis,
    Duration timeLimit,
    long memoryBytes,
    long valueBytes,
    LimitSettings.Place limits) {

  /** Which store. */
  enum Kind {
    /** The most durable one that is set up. */
    AUTO,
    MEMORY,
    JOURNAL,
    REDIS
  }

  private static final Setting<Kind> KIND =
      Setting.choice(
          "kind",
          Kind.AUTO,
          "Where conversations are kept: memory (gone with the process), journal (files under"
              + " data_dir), redis; auto is redis when redis.url or redis.host is set, else journal"
              + " when data_dir is, else memory.");
  private static final Setting<Path> DATA_DIR =
      Setting.optionalPath(
          "data_dir", "The journal's folder, made where it is missing; of one process at a time.");
  private static final Setting<Integer> APPEND_BYTES =
      Setting.integer(
          "append_bytes", 16 << 20, 1 << 16, 256 << 20, "The largest append, such as a turn.");
  private static final Setting<Duration> TIMEOUT =
      Setting.duration(
          "timeout_ms",
          Duration.ofSeconds(2),
          Duration.ofMillis(50),
          Duration.ofMinutes(1),
          "How long whoever asks waits for the store to answer.");
  private static final Setting<Long> MEMORY_BYTES =
      Setting.bytes(
          "memory_bytes",
          128L << 20,
          1L << 20,
          1L << 40,
          "The most memory of store memory; appends beyond it are refused.");
  private static final Setting<Long> VALUE_BYTES =
      Setting.bytes(
          "value_bytes",
          32L << 20,
          1L << 10,
          1L << 40,
          "The most memory of cached values, such as summaries; beyond it the oldest go.");

  /** Reads the sections {@code store} and {@code redis}, and of limits where they are counted. */
  static StoreSettings read(Section store, Section redis, Section limits) {
    Kind kind = store.get(KIND);
    Optional<Path> folder = store.find(DATA_DIR);
    if (kind == Kind.JOURNAL && folder.isEmpty()) {
      store.reject("data_dir", "is needed by store.kind journal: name a folder for its files");
    }
    Optional<RedisSettings> server = RedisSettings.read(redis);
    if (kind == Kind.REDIS && server.isEmpty()) {
      store.reject("kind", "redis needs redis.host, or REDIS_URL in the environment");
    }
    var place = LimitSettings.Place.read(limits);
    if (place.store() == LimitSettings.Store.REDIS && server.isEmpty()) {
      limits.reject("store", "redis needs redis.host, or REDIS_URL in the environment");
    }
    Duration timeLimit = store.get(TIMEOUT);
    return new StoreSettings(
        kind == Kind.AUTO ? mostDurable(server, folder) : kind,
        folder,
        JournalSettings.read(store, store.get(APPEND_BYTES), timeLimit),
        server,
        timeLimit,
        store.get(MEMORY_BYTES),
        store.get(VALUE_BYTES),
        place);
  }

  /** The same limits, and nothing outlives the process. */
  StoreSettings inMemory() {
    return new StoreSettings(
        Kind.MEMORY,
        folder,
        journal,
        Optional.empty(),
        timeLimit,
        memoryBytes,
        valueBytes,
        new LimitSettings.Place(LimitSettings.Store.MEMORY, limits.bucketsPerRule()));
  }

  /** Whether limits are counted by all who share the Redis. */
  boolean sharesLimits() {
    return switch (limits.store()) {
      case AUTO -> kind == Kind.REDIS;
      case MEMORY -> false;
      case REDIS -> redis.isPresent();
    };
  }

  private static Kind mostDurable(Optional<RedisSettings> redis, Optional<Path> folder) {
    if (redis.isPresent()) {
      return Kind.REDIS;
    }
    return folder.isPresent() ? Kind.JOURNAL : Kind.MEMORY;
  }
}

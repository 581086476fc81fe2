package llm.core.store.redis;

import java.util.Optional;
import llm.core.testkit.RedisProcess;

/** Settings of the servers under test. */
final class Redises {
  private Redises() {}

  /** Database 0 of a server. */
  static RedisSettings of(RedisProcess redis, String keyPrefix) {
    return of(redis.port(), keyPrefix);
  }

  /** The same behind another port. */
  static RedisSettings of(int port, String keyPrefix) {
    return new RedisSettings(
        "127.0.0.1",
        port,
        Optional.empty(),
        Optional.empty(),
        0,
        false,
        Optional.empty(),
        keyPrefix,
        8);
  }
}

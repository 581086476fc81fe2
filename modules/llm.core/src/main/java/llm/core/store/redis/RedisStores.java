package llm.core.store.redis;

import java.time.Duration;
import java.util.concurrent.Executor;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Telemetry;
import llm.domain.port.LogStore;
import llm.domain.port.ValueStore;

/**
 * Both stores of one Redis; its connections end when both are closed.
 *
 * @param logs logs
 * @param values values
 */
public record RedisStores(LogStore logs, ValueStore values) {

  /**
   * Opens them and does not wait for the Redis: whether it is there shows {@link
   * LogStore#isAvailable}, and every change of that is logged.
   *
   * @param appendBytes the most bytes of one append, and of one value
   * @param timeLimit how long each may take: to wait for a free connection, to connect, to answer
   * @throws IllegalArgumentException when the file of authorities cannot be used
   */
  public static RedisStores open(
      RedisSettings settings,
      long appendBytes,
      Duration timeLimit,
      Alarms alarms,
      Telemetry telemetry) {
    return open(settings, appendBytes, timeLimit, alarms, telemetry, Thread::startVirtualThread);
  }

  /**
   * The same.
   *
   * @param background runs what blocks and nobody waits for
   */
  static RedisStores open(
      RedisSettings settings,
      long appendBytes,
      Duration timeLimit,
      Alarms alarms,
      Telemetry telemetry,
      Executor background) {
    settings.caFile().ifPresent(RedisClients::checkAuthorities);
    var link = new RedisLink(settings, timeLimit, alarms, background, telemetry);
    String prefix = settings.keyPrefix();
    return new RedisStores(
        new RedisLogStore(link, prefix, appendBytes, alarms.time()),
        new RedisValueStore(link, prefix, appendBytes));
  }
}

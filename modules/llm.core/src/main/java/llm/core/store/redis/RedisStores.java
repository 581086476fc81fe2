package llm.core.store.redis;

import java.time.Duration;
import java.util.concurrent.Executor;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Telemetry;
import llm.domain.port.LimitStore;
import llm.domain.port.LogStore;
import llm.domain.port.SumStore;
import llm.domain.port.ValueStore;

/**
 * The stores of one Redis; its connections end when logs and values are closed.
 *
 * @param logs logs
 * @param values values
 * @param limits what counts against limits
 * @param sums sums by day
 */
public record RedisStores(LogStore logs, ValueStore values, LimitStore limits, SumStore sums) {
  /** Names that one rule counts apart, where nothing else is said. */
  private static final int MOST_NAMES = 10_000;

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
    return open(
        settings,
        appendBytes,
        timeLimit,
        MOST_NAMES,
        alarms,
        telemetry,
        Thread::startVirtualThread);
  }

  /**
   * The same.
   *
   * @param mostNames how many names one rule counts apart at once, 1 or more
   */
  public static RedisStores open(
      RedisSettings settings,
      long appendBytes,
      Duration timeLimit,
      int mostNames,
      Alarms alarms,
      Telemetry telemetry) {
    return open(
        settings, appendBytes, timeLimit, mostNames, alarms, telemetry, Thread::startVirtualThread);
  }

  /** The same with the names that one rule counts apart where nothing is said. */
  static RedisStores open(
      RedisSettings settings,
      long appendBytes,
      Duration timeLimit,
      Alarms alarms,
      Telemetry telemetry,
      Executor background) {
    return open(settings, appendBytes, timeLimit, MOST_NAMES, alarms, telemetry, background);
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
      int mostNames,
      Alarms alarms,
      Telemetry telemetry,
      Executor background) {
    settings.caFile().ifPresent(RedisClients::checkAuthorities);
    var link = new RedisLink(settings, timeLimit, alarms, background, telemetry);
    String prefix = settings.keyPrefix();
    return new RedisStores(
        new RedisLogStore(link, prefix, appendBytes, alarms.time()),
        new RedisValueStore(link, prefix, appendBytes),
        new RedisLimitStore(link, prefix, mostNames),
        new RedisSumStore(link, prefix));
  }
}

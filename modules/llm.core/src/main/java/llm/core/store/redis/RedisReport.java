package llm.core.store.redis;

import java.util.Map;
import java.util.stream.Collectors;
import llm.core.telemetry.Log;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Says in the log how a Redis keeps what it is given, and warns where that is less than it seems.
 */
final class RedisReport {
  private RedisReport() {}

  static void tell(RedisClient client, RedisSettings settings, Log log) {
    Map<String, String> known;
    try {
      known = fields(client.info("everything"));
    } catch (JedisException refused) { // the user's ACL may say no
      log.info("redis_not_described").cause(refused).emit();
      return;
    }
    String policy = known.getOrDefault("maxmemory_policy", "");
    boolean appendOnly = "1".equals(known.get("aof_enabled"));
    log.info("redis_described")
        .put("address", settings.address())
        .put("version", known.get("redis_version"))
        .put("append_only", appendOnly)
        .put("maxmemory_policy", policy)
        .emit();
    if (!appendOnly) {
      log.warn("redis_not_durable")
          .put(
              "message",
              "A crash of this Redis loses what is newer than its last snapshot; set"
                  + " appendonly yes, and appendfsync always or everysec.")
          .emit();
    }
    if (!policy.isEmpty() && !policy.equals("noeviction") && !policy.startsWith("volatile")) {
      log.warn("redis_may_evict")
          .put(
              "message",
              "This Redis drops logs when its memory is full; set maxmemory-policy"
                  + " noeviction or volatile-lru.")
          .emit();
    }
  }

  private static Map<String, String> fields(String info) {
    return info.lines()
        .filter(line -> line.indexOf(':') > 0)
        .collect(
            Collectors.toMap(
                line -> line.substring(0, line.indexOf(':')),
                line -> line.substring(line.indexOf(':') + 1).strip(),
                (first, _) -> first));
  }
}

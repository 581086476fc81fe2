package llm.core.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * What Redis does as a whole. KEYS: the log's hash, its records, the index of its space. An
 * identity is the text of its UUID, empty for none, and field {@code born} of the hash. Numbers of
 * Lua are exact up to 2^53, and so is every position that is ever written.
 */
enum Script {
  /**
   * ARGV: position, time, whether there is a head, head, id, identity, records. Returns {done,
   * end}; done is 0 for a conflict of positions, -1 for one of identities.
   */
  APPEND(
      """
      local known = redis.call('HMGET', KEYS[1], 'end', 'first', 'born')
      local last, first = tonumber(known[1] or 0), tonumber(known[2] or 0)
      local at, count = tonumber(ARGV[1]), #ARGV - 6
      if known[1] then
        if (known[3] or '') ~= ARGV[6] then return {-1, last} end
      elseif at > 0 or ARGV[6] == '' then
        return {0, 0}
      end
      if at ~= last then
        if at < first or at + count > last then return {0, last} end
        local there = redis.call('LRANGE', KEYS[2], at - first, at - first + count - 1)
        for i = 1, count do
          if there[i] ~= ARGV[6 + i] then return {0, last} end
        end
        return {1, last}
      end
      for i = 7, #ARGV, 1000 do
        redis.call('RPUSH', KEYS[2], unpack(ARGV, i, math.min(i + 999, #ARGV)))
      end
      redis.call('HSET', KEYS[1], 'end', last + count, 'first', first, 'at', ARGV[2])
      if ARGV[3] == '1' then redis.call('HSET', KEYS[1], 'head', ARGV[4]) end
      if not known[1] then
        redis.call('HSET', KEYS[1], 'born', ARGV[6])
        redis.call('ZADD', KEYS[3], 0, ARGV[5])
      end
      return {1, last + count}
      """),

  /**
   * ARGV: from, limit. Returns {first, snapshot wanted, snapshot, records, identity}; none without
   * a log.
   */
  READ(
      """
      local known = redis.call('HMGET', KEYS[1], 'end', 'first', 'snap', 'born')
      if not known[1] then return {} end
      local last, first = tonumber(known[1]), tonumber(known[2])
      local from, left = tonumber(ARGV[1]), tonumber(ARGV[2])
      local wanted, snap, records = 0, '', {}
      if from < first then
        wanted, snap, from, left = 1, known[3], first, left - 1
      end
      if left > 0 and from < last then
        local at = from - first
        records = redis.call('LRANGE', KEYS[2], at, math.min(at + left, last - first) - 1)
      end
      return {first, wanted, snap, records, known[4] or ''}
      """),

  /** Returns {end, head, time, identity}; none without a log. */
  FIND(
      """
      local known = redis.call('HMGET', KEYS[1], 'end', 'head', 'at', 'born')
      if not known[1] then return {} end
      return {known[1], known[2] or '', known[3], known[4] or ''}
      """),

  /**
   * ARGV: where the ids begin, limit, what comes before an id. Returns {id, end, head, time,
   * identity, …}.
   */
  LIST(
      """
      local found = {}
      for _, id in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
        local known = redis.call('HMGET', ARGV[3] .. id, 'end', 'head', 'at', 'born')
        if known[1] then
          for _, field in ipairs({id, known[1], known[2] or '', known[3], known[4] or ''}) do
            found[#found + 1] = field
          end
        end
      end
      return found
      """),

  /** ARGV: position, snapshot, identity. Returns as APPEND. */
  COMPACT(
      """
      local known = redis.call('HMGET', KEYS[1], 'end', 'first', 'born')
      local last, first = tonumber(known[1] or 0), tonumber(known[2] or 0)
      local at = tonumber(ARGV[1])
      if known[1] and (known[3] or '') ~= ARGV[3] then return {-1, last} end
      if at >= last then return {0, last} end
      if at >= first then
        redis.call('LTRIM', KEYS[2], at + 1 - first, -1)
        redis.call('HSET', KEYS[1], 'first', at + 1, 'snap', ARGV[2])
      end
      return {1, last}
      """),

  /** ARGV: id, identity. Returns {whether there was one}. */
  DELETE(
      """
      if (redis.call('HGET', KEYS[1], 'born') or '') ~= ARGV[2] then return {0} end
      local was = redis.call('UNLINK', KEYS[1])
      redis.call('UNLINK', KEYS[2])
      redis.call('ZREM', KEYS[3], ARGV[1])
      return {was}
      """);

  private final String text;
  private final String digest;

  Script(String text) {
    this.text = text;
    this.digest = digest(text);
  }

  /** Runs it; a Redis that does not know it yet is given it. */
  List<?> run(RedisClient client, List<String> keys, List<String> arguments) {
    try {
      return (List<?>) client.evalsha(digest, keys, arguments);
    } catch (JedisNoScriptException _) {
      return (List<?>) client.eval(text, keys, arguments);
    }
  }

  private static String digest(String text) {
    try {
      var digest = MessageDigest.getInstance("SHA-1"); // Redis names scripts by it
      return HexFormat.of().formatHex(digest.digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException(missing);
    }
  }
}

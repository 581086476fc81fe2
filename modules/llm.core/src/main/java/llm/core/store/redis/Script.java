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

  /**
   * Counts a request against all its limits or none. KEYS, for each bucket: its hash and its set of
   * requests under way, the same two of the others' bucket, and the names that have buckets of
   * their own by when they are unused. ARGV: the request's id, its life in ms, the most names,
   * whether it is a name's bucket and the number of claims of each bucket, and of each claim the
   * measure's number, the limit and the amount. Of the hash, for a measure per minute, {@code h}
   * and {@code n} are its oldest and newest second, {@code T} the total, {@code a} and {@code l} of
   * a second what came in it and when the last of that did; {@code D} is the day of {@code d}.
   * Returns {admitted, time, bucket, claim and ms of a refusal, whether each bucket is the others',
   * used and ms until empty of each claim}.
   */
  LIMIT_ADMIT(
      """
      local clock = redis.call('TIME')
      local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
      local today = math.floor(now / 86400000)
      local midnight = (today + 1) * 86400000 - now
      local function number(key, field) return tonumber(redis.call('HGET', key, field)) end
      local function minute(key, m)
        local head = number(key, m .. 'h')
        if not head then return 0 end
        local newest, total = number(key, m .. 'n'), number(key, m .. 'T')
        while head <= newest do
          local last = number(key, m .. 'l' .. head)
          if last then
            if last + 60000 > now then break end
            total = total - number(key, m .. 'a' .. head)
            redis.call('HDEL', key, m .. 'a' .. head, m .. 'l' .. head)
          end
          head = head + 1
        end
        if head > newest then
          redis.call('HDEL', key, m .. 'h', m .. 'n', m .. 'T')
          return 0
        end
        redis.call('HSET', key, m .. 'h', head, m .. 'T', total)
        return total
      end
      local function used(hash, set, m)
        if m == 0 or m == 1 then return minute(hash, m) end
        if m == 5 then
          redis.call('ZREMRANGEBYSCORE', set, '-inf', now)
          return redis.call('ZCARD', set)
        end
        if number(hash, 'D') ~= today then return 0 end
        return number(hash, 'd' .. m) or 0
      end
      local function room(hash, m, over)
        if m == 5 then return 1000 end
        if m > 1 then return midnight end
        local head, newest = number(hash, m .. 'h'), number(hash, m .. 'n')
        while head and head <= newest do
          local last = number(hash, m .. 'l' .. head)
          if last then
            over = over - number(hash, m .. 'a' .. head)
            if over <= 0 then return last + 60000 - now end
          end
          head = head + 1
        end
        return 1
      end
      local id, life, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
      local buckets, at = {}, 4
      local wait, inBucket, inClaim = 0, 0, 0
      for b = 1, #KEYS / 5 do
        local k = (b - 1) * 5
        local bucket = {hash = KEYS[k + 1], set = KEYS[k + 2], others = 0, claims = {}}
        bucket.named = ARGV[at] == '1'
        if bucket.named and not redis.call('ZSCORE', KEYS[k + 5], bucket.hash) then
          redis.call('ZREMRANGEBYSCORE', KEYS[k + 5], '-inf', now)
          if redis.call('ZCARD', KEYS[k + 5]) >= most then
            bucket.hash, bucket.set, bucket.others = KEYS[k + 3], KEYS[k + 4], 1
          end
        end
        bucket.names = KEYS[k + 5]
        local count = tonumber(ARGV[at + 1])
        at = at + 2
        for c = 1, count do
          local claim = {m = tonumber(ARGV[at]), limit = tonumber(ARGV[at + 1]),
            amount = tonumber(ARGV[at + 2])}
          claim.used = used(bucket.hash, bucket.set, claim.m)
          local over = claim.used + claim.amount - claim.limit
          if over > 0 then
            local after = room(bucket.hash, claim.m, over)
            if after > wait then wait, inBucket, inClaim = after, b, c end
          end
          bucket.claims[c] = claim
          at = at + 3
        end
        buckets[b] = bucket
      end
      local admitted = inBucket == 0
      local answer = {admitted and 1 or 0, now, inBucket, inClaim, wait}
      for b, bucket in ipairs(buckets) do
        local keep = 62000
        if admitted then
          for _, claim in ipairs(bucket.claims) do
            local m, amount = claim.m, claim.amount
            claim.used = claim.used + amount
            if m <= 1 then
              local second = math.floor(now / 1000)
              if not number(bucket.hash, m .. 'h') then
                redis.call('HSET', bucket.hash, m .. 'h', second)
              end
              redis.call('HSET', bucket.hash, m .. 'n', second, m .. 'l' .. second, now)
              redis.call('HINCRBY', bucket.hash, m .. 'a' .. second, amount)
              redis.call('HINCRBY', bucket.hash, m .. 'T', amount)
            elseif m == 5 then
              redis.call('ZADD', bucket.set, now + life, id)
              keep = math.max(keep, life)
              if redis.call('PTTL', bucket.set) < life then
                redis.call('PEXPIRE', bucket.set, life)
              end
            else
              if number(bucket.hash, 'D') ~= today then
                redis.call('HDEL', bucket.hash, 'd2', 'd3', 'd4')
                redis.call('HSET', bucket.hash, 'D', today)
              end
              redis.call('HINCRBY', bucket.hash, 'd' .. m, amount)
              keep = math.max(keep, midnight + 62000)
            end
          end
          if redis.call('PTTL', bucket.hash) < keep then
            redis.call('PEXPIRE', bucket.hash, keep)
          end
          if bucket.named and bucket.others == 0 then
            redis.call('ZADD', bucket.names, now + keep, bucket.hash)
            redis.call('PEXPIRE', bucket.names, 172800000)
          end
        end
        answer[#answer + 1] = bucket.others
        for _, claim in ipairs(bucket.claims) do
          local reset = 0
          if claim.m <= 1 then
            local newest = number(bucket.hash, claim.m .. 'n')
            if newest then
              reset = (number(bucket.hash, claim.m .. 'l' .. newest) or now - 60000) + 60000 - now
            end
          elseif claim.m < 5 and claim.used > 0 then
            reset = midnight
          end
          answer[#answer + 1] = claim.used
          answer[#answer + 1] = reset
        end
      end
      return answer
      """),

  /**
   * Corrects what was counted. KEYS, for each bucket: its hash and its set. ARGV: the request's id,
   * when it was counted, and for each bucket the number of claims, of each claim the measure's
   * number and the difference.
   */
  LIMIT_SETTLE(
      """
      local clock = redis.call('TIME')
      local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
      local id, counted, at = ARGV[1], tonumber(ARGV[2]), 3
      for b = 1, #KEYS / 2 do
        local hash, set = KEYS[b * 2 - 1], KEYS[b * 2]
        local count = tonumber(ARGV[at])
        at = at + 1
        for c = 1, count do
          local m, difference = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
          at = at + 2
          if m == 5 then
            redis.call('ZREM', set, id)
          elseif difference == 0 then
            -- as reserved
          elseif m > 1 then
            local day = tonumber(redis.call('HGET', hash, 'D'))
            if day == math.floor(counted / 86400000) then
              if redis.call('HINCRBY', hash, 'd' .. m, difference) < 0 then
                redis.call('HSET', hash, 'd' .. m, 0)
              end
            end
          elseif difference < 0 then
            local second = math.floor(counted / 1000)
            local there = tonumber(redis.call('HGET', hash, m .. 'a' .. second))
            if there then
              local less = math.min(there, -difference)
              redis.call('HINCRBY', hash, m .. 'a' .. second, -less)
              redis.call('HINCRBY', hash, m .. 'T', -less)
            end
          else
            local second = math.floor(now / 1000)
            if redis.call('HEXISTS', hash, m .. 'h') == 0 then
              redis.call('HSET', hash, m .. 'h', second)
            end
            redis.call('HSET', hash, m .. 'n', second, m .. 'l' .. second, now)
            redis.call('HINCRBY', hash, m .. 'a' .. second, difference)
            redis.call('HINCRBY', hash, m .. 'T', difference)
            if redis.call('PTTL', hash) < 62000 then redis.call('PEXPIRE', hash, 62000) end
          end
        end
      end
      return {}
      """),

  /**
   * Adds to the sums of a day, once for a batch. KEYS: the day's hash. ARGV: life in ms, who adds,
   * the number of its batch, and field and amount of each sum.
   */
  SUMS_ADD(
      """
      local known = tonumber(redis.call('HGET', KEYS[1], ARGV[2]) or -1)
      if known >= tonumber(ARGV[3]) then return {} end
      for i = 4, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
      redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
      redis.call('PEXPIRE', KEYS[1], ARGV[1])
      return {}
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

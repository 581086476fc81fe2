/**
 * Logs and values in a Redis, 7.0 or later, which several servers may share. Every change of a log
 * is one script, which Redis runs as a whole. Keys, after {@code redis.key_prefix}:
 *
 * <pre>
 * log:{SPACE}:ID       hash: end, first, head, at (ms), snap
 * records:{SPACE}:ID   list of the records from position `first` on
 * logs:{SPACE}         sorted set of the ids, all of score 0
 * </pre>
 *
 * The braces put all logs of a space into one slot, their index with them. Values have the keys
 * that the port names.
 */
package llm.core.store.redis;

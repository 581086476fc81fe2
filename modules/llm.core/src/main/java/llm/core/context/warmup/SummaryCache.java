package llm.core.context.warmup;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.core.telemetry.Log;
import llm.domain.chat.Message;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.domain.port.ValueStore;
import llm.domain.store.StoreException;
import llm.domain.text.JsonWriter;

/**
 * Summaries by session (C-7): a talk that goes the same way again, after a restart or a handover
 * that was cancelled, need not be summarised again. A value tells by a digest which messages it
 * stands for, and is used where those are the beginning of the talk at hand.
 *
 * <p>A cache: a store that cannot be reached, and a value that cannot be read, are misses that are
 * logged. Thread-safe; blocks as long as the store does.
 */
public final class SummaryCache {
  private static final String PREFIX = "summary:session:";
  private static final int HASH_CHARS = 16;

  private final ValueStore store;
  private final Duration life;
  private final TimeSource time;
  private final Log log;

  /** Over a store; a value lives {@code life}. */
  public SummaryCache(ValueStore store, Duration life, TimeSource time, Log log) {
    this.store = store;
    this.life = life;
    this.time = time;
    this.log = log;
  }

  /** A summary that is there already, of the first {@code covered} messages. */
  record Hit(String answer, int covered) {}

  /** The key of a session: of its id's SHA-1 in hex the first 16 digits. */
  static String key(String session) {
    byte[] hash = digest("SHA-1").digest(session.getBytes(StandardCharsets.UTF_8));
    return PREFIX + HexFormat.of().formatHex(hash).substring(0, HASH_CHARS);
  }

  /**
   * What is known of a talk that begins with {@code messages}: a first one and what was said. A
   * summary of less than half of that is of no use, and no hit.
   */
  Optional<Hit> find(String session, List<Message> messages) {
    long start = time.nanoTime();
    Optional<Hit> found = Optional.empty();
    try {
      Optional<String> value = store.get(key(session));
      if (value.isPresent()) {
        found = parse(value.get()).filter(stored -> stored.covers(messages)).map(Stored::hit);
      }
    } catch (StoreException | LlmException failure) {
      log.warn("summary_cache_failed").cause(failure).emit();
    }
    log.info("summary_cache_check")
        .put("key", key(session))
        .put("hit", found.isPresent())
        .put("latency_ms", (time.nanoTime() - start) / 1e6)
        .emit();
    return found;
  }

  /** Removes what is known of a session: it was deleted. */
  public void forget(String session) {
    try {
      store.remove(key(session));
    } catch (StoreException failure) {
      log.warn("summary_cache_failed").cause(failure).emit();
    }
  }

  /** Keeps the answer to the question for a summary of {@code messages}. */
  void save(String session, List<Message> messages, String answer) {
    long start = time.nanoTime();
    String value =
        new JsonWriter()
            .beginObject()
            .name("covered")
            .value(messages.size())
            .name("digest")
            .value(digest(messages))
            .name("summary")
            .value(answer)
            .endObject()
            .toJson()
            .value();
    try {
      store.put(key(session), value, life);
    } catch (StoreException failure) {
      log.warn("summary_cache_failed").cause(failure).emit();
      return;
    }
    log.info("summary_cache_save")
        .put("key", key(session))
        .put("bytes", value.getBytes(StandardCharsets.UTF_8).length)
        .put("latency_ms", (time.nanoTime() - start) / 1e6)
        .emit();
  }

  private record Stored(int covered, String digest, String summary) {
    private boolean covers(List<Message> messages) {
      return covered > 0
          && (covered - 1) * 2 >= messages.size() - 1
          && covered <= messages.size()
          && SummaryCache.digest(messages.subList(0, covered)).equals(digest);
    }

    private Hit hit() {
      return new Hit(summary, covered);
    }
  }

  private static Optional<Stored> parse(String value) throws LlmException {
    return JsonCursor.document(
        value.getBytes(StandardCharsets.UTF_8),
        in -> {
          var covered = new int[1];
          var texts = new String[2];
          in.object(name -> {
            switch (name) {
              case "covered" -> covered[0] = in.integer();
              case "digest" -> texts[0] = in.string();
              case "summary" -> texts[1] = in.string();
              default -> {
                // of a later release
              }
            }
          });
          return texts[0] == null || texts[1] == null
              ? Optional.empty()
              : Optional.of(new Stored(covered[0], texts[0], texts[1]));
        });
  }

  /** Of roles and texts, each with its length before it, so that no two talks look alike. */
  private static String digest(List<Message> messages) {
    MessageDigest digest = digest("SHA-256");
    for (Message message : messages) {
      byte[] text = message.text().getBytes(StandardCharsets.UTF_8);
      String head = message.role().wireName() + ":" + text.length + ":";
      digest.update(head.getBytes(StandardCharsets.UTF_8));
      digest.update(text);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("each JDK has " + algorithm, impossible);
    }
  }
}

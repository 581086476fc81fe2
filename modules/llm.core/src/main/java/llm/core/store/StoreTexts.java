package llm.core.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.port.LogStore;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;
import llm.domain.store.StoreException.Reason;

/** What every store checks of what it is asked, so that all refuse alike. */
public final class StoreTexts {
  private static final int MAX_KEY_CHARS = 256;
  private static final Duration LONGEST_LIFE = Duration.ofDays(36_500);

  private StoreTexts() {}

  /**
   * The records of an append as UTF-8.
   *
   * @param limit the most bytes of all of them together
   * @throws StoreException {@code TOO_LARGE} beyond the limit
   * @throws IllegalArgumentException when there is none, or a text has a lone surrogate, which
   *     UTF-8 cannot hold
   */
  public static List<byte[]> records(List<String> records, long limit) throws StoreException {
    if (records.isEmpty()) {
      throw new IllegalArgumentException("an append has 1 record or more");
    }
    var bytes = new ArrayList<byte[]>(records.size());
    long sum = 0;
    for (String text : records) {
      byte[] encoded = utf8(text);
      sum += encoded.length;
      bytes.add(encoded);
      if (sum > limit) {
        throw new StoreException(
            Reason.TOO_LARGE,
            "An append has more than the "
                + limit
                + " bytes that the store takes at once (store.append_bytes).");
      }
    }
    return bytes;
  }

  /** Checks a position. */
  public static void checkPosition(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("a position is 0 or more, not " + position);
    }
  }

  /** Checks how much is asked for. */
  public static void checkLimit(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("a limit is 1 or more, not " + limit);
    }
  }

  /** A description as UTF-8. */
  public static Optional<byte[]> head(Optional<String> head) {
    if (head.isPresent() && head.get().length() > LogStore.MAX_HEAD_CHARS) {
      throw new IllegalArgumentException(
          "a head has at most " + LogStore.MAX_HEAD_CHARS + " characters");
    }
    return head.map(StoreTexts::utf8);
  }

  /** Checks the key of a value. */
  public static void checkValueKey(String key) {
    boolean good = !key.isEmpty() && key.length() <= MAX_KEY_CHARS;
    if (!good || !key.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
      throw new IllegalArgumentException(
          "the key of a value is 1 to " + MAX_KEY_CHARS + " characters of visible ASCII");
    }
  }

  /** Checks how long a value is kept. */
  public static void checkLife(Duration life) {
    if (life.isNegative() || life.isZero()) {
      throw new IllegalArgumentException("a value's life is more than 0, not " + life);
    }
  }

  /** A life in nanoseconds, at most a hundred years, so that sums with the clock fit. */
  public static long nanos(Duration life) {
    return life.compareTo(LONGEST_LIFE) < 0 ? life.toNanos() : LONGEST_LIFE.toNanos();
  }

  /** A life in milliseconds, rounded up to 1, at most a hundred years. */
  public static long millis(Duration life) {
    return Math.max(1, nanos(life) / 1_000_000);
  }

  /** UTF-8; a lone surrogate is refused, where the JDK writes a question mark. */
  public static byte[] utf8(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw new IllegalArgumentException("a lone surrogate at character " + i);
        }
        i++;
      }
    }
    return text.getBytes(UTF_8);
  }

  /**
   * Whether an append comes to the end of its log, or to the begin of a new one.
   *
   * @param end of the log that has its key; empty: none has
   * @return false when it can only be a repeat
   * @throws StoreException {@code CONFLICT} when its log is not there, or another one is
   */
  public static boolean isAtEnd(LogPoint at, Optional<LogPoint> end) throws StoreException {
    if (end.isEmpty()) {
      if (at.position() > 0 || at.identity().isNone()) {
        throw conflict(at, 0);
      }
      return true;
    }
    checkIdentity(at.identity(), end.get().identity());
    return at.position() == end.get().position();
  }

  /** Refuses what is meant for another log than the one that is there. */
  public static void checkIdentity(LogIdentity meant, LogIdentity there) throws StoreException {
    if (!meant.equals(there)) {
      throw replaced();
    }
  }

  /** The refusal of what is meant for a log that was removed, now that another has its key. */
  public static StoreException replaced() {
    return new StoreException(
        Reason.CONFLICT, "The log was removed, and another one has its name now.");
  }

  /** The refusal of an append that comes to the wrong place. */
  public static StoreException conflict(LogPoint at, long end) {
    return new StoreException(
        Reason.CONFLICT,
        "The log has gone on: position "
            + at.position()
            + " was given and its end is "
            + end
            + ".");
  }

  /** The refusal of a snapshot of records that are not there. */
  public static StoreException beyond(LogPoint at, long end) {
    return new StoreException(
        Reason.CONFLICT,
        "A snapshot up to position " + at.position() + " of a log whose end is " + end + ".");
  }

  /** The refusal of everything once closed. */
  public static StoreException closed() {
    return new StoreException(Reason.UNAVAILABLE, "The store is closed.");
  }
}

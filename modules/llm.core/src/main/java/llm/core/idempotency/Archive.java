package llm.core.idempotency;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.port.TimeSource;
import llm.domain.store.Durability;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/**
 * Keys and answers as the store has them, a log each. Where several servers share the store, a key
 * is claimed before its answer is made: who makes its log has it, and has it as long as there are
 * signs of life. A store of one process has finished answers alone: what was under way when that
 * died is under way no more. Thread-safe; every method blocks as long as the store does.
 */
final class Archive {
  /** How often a claim is renewed. */
  static final Duration BEAT = Duration.ofSeconds(10);

  /** A claim without signs of life for so long is nobody's. */
  static final Duration LEASE = Duration.ofSeconds(30);

  private static final String SPACE = "idempotency";
  private static final int PAGE = 1_000;
  private static final int READ_AT_ONCE = 10_000; // a day of signs of life and two
  private static final int MOST_TRIES = 4; // others may come in between

  private final LogStore store;
  private final IdSource ids;
  private final TimeSource time;

  Archive(LogStore store, IdSource ids, TimeSource time) {
    this.store = store;
    this.ids = ids;
    this.time = time;
  }

  /** Whether other servers may claim what this one claims. */
  boolean isShared() {
    return store.durability() == Durability.SHARED;
  }

  /** What the store says of a key. */
  sealed interface Found {
    /** It is free, or claimed now: the answer goes to {@code at}. */
    record Claimed(LogPoint at) implements Found {}

    /** It was answered. */
    record Answered(KeptAnswer answer) implements Found {}

    /** Another server makes its answer. */
    record Elsewhere(FirstUse use) implements Found {}
  }

  /** Claims the key {@code id}, or says who has it. */
  Found claim(String id, FirstUse use) throws StoreException {
    var key = new LogKey(SPACE, id);
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      LogPoint begin = LogPoint.beginOf(new LogIdentity(ids.next()));
      if (isShared()) {
        try {
          store.append(key, begin, List.of(AnswerRecords.begun(use)), head(use));
          return new Found.Claimed(next(begin));
        } catch (StoreException failure) {
          if (failure.reason() != StoreException.Reason.CONFLICT) {
            throw failure;
          }
        }
      }
      LogPage page = store.read(key, 0, READ_AT_ONCE);
      if (page.records().isEmpty() && !isShared()) {
        return new Found.Claimed(begin);
      }
      if (!page.records().isEmpty()) {
        Optional<Found> living = living(key, page);
        if (living.isPresent()) {
          return living.get();
        }
        store.delete(key, page.identity()); // only one of several who find it so succeeds
      }
    }
    return new Found.Elsewhere(use);
  }

  /** What the log of a key says, if that still holds. */
  private Optional<Found> living(LogKey key, LogPage page) throws StoreException {
    Optional<AnswerRecords.Said> first = said(page.records().getFirst().text());
    String last = page.records().getLast().text();
    Optional<AnswerRecords.Said> end = last.equals(AnswerRecords.BEAT) ? first : said(last);
    if (first.isEmpty() || end.isEmpty()) {
      return Optional.empty(); // of no use to anybody
    }
    Instant now = time.now();
    if (end.get().answer().isPresent()) {
      KeptAnswer answer = end.get().answer().get();
      return answer.expires().isAfter(now)
          ? Optional.of(new Found.Answered(answer))
          : Optional.empty();
    }
    boolean alive =
        isShared()
            && store.find(key).filter(log -> log.changedAt().plus(LEASE).isAfter(now)).isPresent();
    return alive ? Optional.of(new Found.Elsewhere(first.get().use())) : Optional.empty();
  }

  private static Optional<AnswerRecords.Said> said(String record) {
    try {
      return Optional.of(AnswerRecords.read(record));
    } catch (LlmException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static Optional<String> head(FirstUse use) {
    return Optional.of(use.expires().toEpochMilli() + " " + use.principal());
  }

  private static LogPoint next(LogPoint at) {
    return new LogPoint(at.identity(), at.position() + 1);
  }

  /** Renews a claim; where the next record goes. */
  LogPoint beat(String id, LogPoint at) throws StoreException {
    store.append(new LogKey(SPACE, id), at, List.of(AnswerRecords.BEAT), Optional.empty());
    return next(at);
  }

  /** Keeps an answer whose key was claimed. */
  void keep(String id, LogPoint at, KeptAnswer answer) throws StoreException {
    var record = List.of(AnswerRecords.answer(answer));
    store.append(new LogKey(SPACE, id), at, record, head(answer.use()));
  }

  /** Gives back a key that was claimed: whoever has it next begins anew. */
  void release(String id, LogPoint at) throws StoreException {
    if (isShared()) {
      store.delete(new LogKey(SPACE, id), at.identity());
    }
  }

  /** Removes what is over, and the oldest of a principal that has more than {@code most}. */
  void sweep(int most) throws StoreException {
    Map<String, Integer> counts = new HashMap<>();
    long now = time.now().toEpochMilli();
    forEach(log -> {
      if (expires(log) <= now) {
        store.delete(log.key(), log.end().identity());
      } else {
        counts.merge(principal(log), 1, Integer::sum);
      }
    });
    for (var count : counts.entrySet()) {
      if (count.getValue() > most) {
        removeOldest(count.getKey(), count.getValue() - most);
      }
    }
  }

  private void removeOldest(String principal, int count) throws StoreException {
    List<LogInfo> own = new ArrayList<>();
    forEach(log -> {
      if (principal(log).equals(principal)) {
        own.add(log);
      }
    });
    own.sort(Comparator.comparing(LogInfo::changedAt));
    for (LogInfo log : own.subList(0, Math.min(count, own.size()))) {
      store.delete(log.key(), log.end().identity());
    }
  }

  /** Does something with a log. */
  @FunctionalInterface
  private interface Visitor {
    void visit(LogInfo log) throws StoreException;
  }

  private void forEach(Visitor visitor) throws StoreException {
    Optional<String> after = Optional.empty();
    List<LogInfo> page;
    do {
      page = store.list(SPACE, after, PAGE);
      for (LogInfo log : page) {
        visitor.visit(log);
        after = Optional.of(log.key().id());
      }
    } while (page.size() == PAGE);
  }

  private static long expires(LogInfo log) {
    String[] parts = log.head().split(" ", 2);
    try {
      return Long.parseLong(parts[0]);
    } catch (NumberFormatException foreign) {
      return 0;
    }
  }

  private static String principal(LogInfo log) {
    String[] parts = log.head().split(" ", 2);
    return parts.length == 2 ? parts[1] : "";
  }
}

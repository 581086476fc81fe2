package llm.core.response;

import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import llm.domain.call.Principal;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmError;
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
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;

/**
 * Responses as the store has them, a log each. Their ids begin with the time, so that the order of
 * ids is that of age. Thread-safe; every method blocks as long as the store does.
 */
final class ResponseArchive {
  private static final String SPACE = "response";
  private static final String PREFIX = "resp_";
  private static final Pattern ID = Pattern.compile(PREFIX + "[0-9a-f]{32}");
  private static final int TIME_DIGITS = 12;
  private static final int PAGE = 1_000;
  private static final int READ_AT_ONCE = 10_000; // a day of signs of life and two
  private static final Duration ASK_AGAIN = Duration.ofSeconds(2);
  private static final Duration DEAD_AFTER = Duration.ofMinutes(2); // four signs of life missed

  private final LogStore store;
  private final IdSource ids;
  private final TimeSource time;

  ResponseArchive(LogStore store, IdSource ids, TimeSource time) {
    this.store = store;
    this.ids = ids;
    this.time = time;
  }

  /** An id that was never given. */
  String newId() {
    String random = ids.next().toString().replace("-", "").substring(TIME_DIGITS);
    return PREFIX + HexFormat.of().toHexDigits(time.now().toEpochMilli(), TIME_DIGITS) + random;
  }

  /** Keeps a response that is over; all of it or nothing. */
  void keep(StoredResponse.Request request, JsonText answer) throws StoreException {
    append(
        request,
        LogPoint.beginOf(new LogIdentity(ids.next())),
        List.of(ResponseRecords.request(request), ResponseRecords.answer(answer)));
  }

  /**
   * Begins a response that is going to be made.
   *
   * @return where the next record goes
   */
  LogPoint begin(StoredResponse.Request request) throws StoreException {
    LogPoint begin = LogPoint.beginOf(new LogIdentity(ids.next()));
    append(request, begin, List.of(ResponseRecords.request(request)));
    return next(begin);
  }

  private void append(StoredResponse.Request request, LogPoint at, List<String> records)
      throws StoreException {
    append(request.id(), at, records, Optional.of(request.owner()));
  }

  /** A store that is full has the oldest others removed, more each time, until there is room. */
  private void append(String id, LogPoint at, List<String> records, Optional<String> head)
      throws StoreException {
    var key = new LogKey(SPACE, id);
    for (int next = 1; ; next = Math.min(PAGE, 2 * next)) {
      try {
        store.append(key, at, records, head);
        return;
      } catch (StoreException failure) {
        if (failure.reason() != StoreException.Reason.FULL || evict(next, id) == 0) {
          throw failure;
        }
      }
    }
  }

  /** Says that it is still being made. */
  LogPoint beat(String id, LogPoint at) throws StoreException {
    store.append(new LogKey(SPACE, id), at, List.of(ResponseRecords.BEAT), Optional.empty());
    return next(at);
  }

  /** Ends a response that was begun. */
  void end(String id, LogPoint at, JsonText answer) throws StoreException {
    append(id, at, List.of(ResponseRecords.answer(answer)), Optional.empty());
  }

  private static LogPoint next(LogPoint at) {
    return new LogPoint(at.identity(), at.position() + 1);
  }

  /**
   * A response of {@code owner}; empty when there is none of this id, or it is another's.
   *
   * @throws LlmException with {@code StoreUnavailable}
   */
  Optional<StoredResponse> find(String id, Principal owner) throws LlmException {
    if (!ID.matcher(id).matches()) {
      return Optional.empty();
    }
    var key = new LogKey(SPACE, id);
    try {
      LogPage page = store.read(key, 0, READ_AT_ONCE);
      if (page.records().isEmpty()) {
        return Optional.empty();
      }
      StoredResponse.Request request = ResponseRecords.request(page.records().getFirst());
      if (!request.owner().equals(owner.name())) {
        return Optional.empty();
      }
      LogRecord last = page.records().getLast();
      var end = new LogPoint(page.identity(), last.position() + 1);
      Optional<JsonText> answer = ResponseRecords.answer(last);
      Instant changed =
          answer.isPresent()
              ? Instant.EPOCH
              : store.find(key).map(LogInfo::changedAt).orElse(Instant.EPOCH);
      return Optional.of(new StoredResponse(request, answer, end, changed));
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /** Whether nobody makes a response any more that is neither over nor made here. */
  boolean isDead(StoredResponse response) {
    return !isShared() || response.changedAt().isBefore(time.now().minus(DEAD_AFTER));
  }

  /** Whether other servers may make responses that are found here. */
  boolean isShared() {
    return store.durability() == Durability.SHARED;
  }

  /** Removes a response; whether it was there. */
  boolean delete(StoredResponse response) throws LlmException {
    try {
      return store.delete(new LogKey(SPACE, response.request().id()), response.end().identity());
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /**
   * Removes what is older than {@code life}; where there are more than {@code most} then, the
   * oldest of them and a hundredth more, so that not every next one has all of them looked through.
   *
   * @return how many there are then
   */
  int sweep(Duration life, int most) throws StoreException {
    String oldest =
        PREFIX + HexFormat.of().toHexDigits(time.now().minus(life).toEpochMilli(), TIME_DIGITS);
    int kept = 0;
    Optional<String> after = Optional.empty();
    List<LogInfo> page;
    do {
      page = store.list(SPACE, after, PAGE);
      for (LogInfo info : page) {
        if (info.key().id().compareTo(oldest) < 0) {
          store.delete(info.key(), info.end().identity());
        } else {
          kept++;
        }
        after = Optional.of(info.key().id());
      }
    } while (page.size() == PAGE);
    return kept - (kept > most ? evict(kept - most + most / 100, "") : 0);
  }

  /** Removes the oldest {@code count} but that one; returns how many there were to remove. */
  private int evict(int count, String but) throws StoreException {
    int removed = 0;
    Optional<String> after = Optional.empty();
    List<LogInfo> oldest;
    do {
      oldest = store.list(SPACE, after, Math.min(PAGE, count - removed));
      for (LogInfo info : oldest) {
        if (!info.key().id().equals(but)) {
          store.delete(info.key(), info.end().identity());
          removed++;
        }
        after = Optional.of(info.key().id());
      }
    } while (!oldest.isEmpty() && removed < count);
    return removed;
  }

  /** What a caller is told. */
  static LlmException unavailable(StoreException failure) {
    LlmError error =
        switch (failure.reason()) {
          case UNAVAILABLE, FULL ->
              new LlmError.StoreUnavailable(failure.getMessage(), Optional.of(ASK_AGAIN));
          case CONFLICT -> new LlmError.Conflict(failure.getMessage());
          case TOO_LARGE -> LlmError.InvalidRequest.at("input", failure.getMessage());
          case DAMAGED -> new LlmError.Internal();
        };
    return new LlmException(error, failure);
  }
}

package llm.core.conversation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.RecordCodec;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.store.Durability;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;

/**
 * Conversations as the store has them, a log each. Thread-safe; every method blocks as long as the
 * store does, and throws {@code StoreUnavailable} when that cannot answer.
 */
final class Archive {
  private static final String SPACE = "conversation";
  private static final int READ_AT_ONCE = 100;
  private static final Duration ASK_AGAIN = Duration.ofSeconds(2);

  private final LogStore store;
  private final IdSource ids;

  /** Over a store; {@code ids} tell logs that had the same name apart. */
  Archive(LogStore store, IdSource ids) {
    this.store = store;
    this.ids = ids;
  }

  /** All records of a log, from its first one on. */
  record Kept(LogIdentity identity, List<ConversationRecord> records) {
    /** Where the next one goes. */
    LogPoint end() {
      return new LogPoint(identity, records.size());
    }
  }

  /** Whether what is kept survives the process. */
  boolean survives() {
    return store.durability() != Durability.NONE;
  }

  /** The log of a conversation. */
  ConversationLog log(String id, LogPoint end, ConversationLog.Backlog backlog)
      throws LlmException {
    return new ConversationLog(store, key(id), end, backlog);
  }

  /**
   * Begins a log. Asked again before anything was said, it does nothing and succeeds: whoever does
   * not know how it ended asks again.
   *
   * @return what it begins with, which an earlier try may have written
   * @throws LlmException with {@code Conflict} when there is another one of this id
   */
  Kept create(ConversationInfo.Identity identity, ConversationRecord.Created created)
      throws LlmException {
    LogKey key = key(identity.id());
    var own = new LogIdentity(ids.next());
    try {
      Optional<String> head = Optional.of(ConversationHead.write(identity, 0));
      store.append(key, LogPoint.beginOf(own), List.of(RecordCodec.write(created)), head);
      return new Kept(own, List.of(created));
    } catch (StoreException failure) {
      if (failure.reason() != StoreException.Reason.CONFLICT) {
        throw unavailable(failure);
      }
      LogPage there = page(identity.id(), 0, 2);
      if (there.records().size() == 1
          && decoded(there.records().getFirst()) instanceof ConversationRecord.Created before
          && before.isLike(created)) {
        return new Kept(there.identity(), List.of(before));
      }
      String message = "There is a conversation " + identity.id() + " already; name another id.";
      throw new LlmException(new LlmError.Conflict(message), failure);
    }
  }

  /** What the store says of one; empty when it has none of this id. */
  Optional<LogInfo> find(String id) throws LlmException {
    LogKey key = key(id);
    try {
      return store.find(key);
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /** The next conversations in the order of their ids; fewer than asked at the end only. */
  List<LogInfo> list(Optional<String> after, int limit) throws LlmException {
    try {
      return store.list(SPACE, after, limit);
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /** All records of one, none when there is none. */
  Kept records(String id) throws LlmException {
    List<ConversationRecord> all = new ArrayList<>();
    LogPage first = page(id, 0, READ_AT_ONCE);
    take(first, all::add);
    if (all.size() == READ_AT_ONCE) {
      each(id, new LogPoint(first.identity(), READ_AT_ONCE), all::add);
    }
    return new Kept(first.identity(), all);
  }

  /**
   * Goes through the records of one, a part at a time.
   *
   * @param from the first one wanted
   * @throws LlmException with {@code NotFound} or {@code Conflict} when that log is gone, {@code
   *     StoreUnavailable}
   */
  void each(String id, LogPoint from, Consumer<ConversationRecord> taker) throws LlmException {
    long next = from.position();
    int read;
    do {
      LogPage page = page(id, new LogPoint(from.identity(), next), READ_AT_ONCE);
      take(page, taker);
      read = page.records().size();
      next += read;
    } while (read == READ_AT_ONCE);
  }

  private static void take(LogPage page, Consumer<ConversationRecord> taker) throws LlmException {
    for (LogRecord record : page.records()) {
      taker.accept(decoded(record));
    }
  }

  /**
   * Records of one.
   *
   * @param from the first one wanted
   * @param limit the most, 1 or more
   * @param chars with more than these, no further one is read
   * @throws LlmException as {@link #each}
   */
  List<ConversationRecord> records(String id, LogPoint from, int limit, long chars)
      throws LlmException {
    List<ConversationRecord> records = new ArrayList<>();
    long left = chars;
    int wanted;
    int read;
    do {
      wanted = Math.min(READ_AT_ONCE, limit - records.size());
      var next = new LogPoint(from.identity(), from.position() + records.size());
      LogPage page = page(id, next, wanted);
      for (LogRecord record : page.records()) {
        if (left > 0) {
          records.add(decoded(record));
        }
        left -= record.text().length();
      }
      read = page.records().size();
    } while (read == wanted && left > 0 && records.size() < limit);
    return records;
  }

  private LogPage page(String id, LogPoint from, int limit) throws LlmException {
    LogPage page = page(id, from.position(), limit);
    if (!page.identity().equals(from.identity())) {
      boolean gone = page.equals(LogPage.ABSENT);
      throw new LlmException(gone ? new LlmError.NotFound(SPACE, id) : replaced(id));
    }
    return page;
  }

  private LogPage page(String id, long from, int limit) throws LlmException {
    LogKey key = key(id);
    try {
      return store.read(key, from, limit);
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  private static ConversationRecord decoded(LogRecord record) throws LlmException {
    try {
      return RecordCodec.read(record.text());
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /** Removes one; returns whether it was there, and no other one of its name. */
  boolean delete(String id, LogIdentity identity) throws LlmException {
    LogKey key = key(id);
    try {
      return store.delete(key, identity);
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /**
   * Whether the store surely has no such log any more, but another one or none of its name; false
   * when it cannot tell.
   */
  boolean isGone(String id, LogIdentity identity) {
    return lost(id, identity).isPresent();
  }

  /** What a caller is told whose conversation the store has otherwise than we. */
  LlmError changed(String id, LogIdentity identity) {
    return lost(id, identity)
        .orElseGet(
            () -> new LlmError.Conflict("Conversation " + id + " went on elsewhere; ask again."));
  }

  private Optional<LlmError> lost(String id, LogIdentity identity) {
    try {
      Optional<LogInfo> now = store.find(new LogKey(SPACE, id));
      if (now.isEmpty()) {
        return Optional.of(new LlmError.NotFound(SPACE, id));
      }
      boolean same = now.get().end().identity().equals(identity);
      return same ? Optional.empty() : Optional.of(replaced(id));
    } catch (StoreException _) {
      return Optional.empty(); // whoever needs it next is told that it is away
    }
  }

  private static LlmError replaced(String id) {
    return new LlmError.Conflict(
        "Conversation " + id + " was deleted and begun anew elsewhere; ask again.");
  }

  /** What a caller is told. */
  static LlmException unavailable(StoreException failure) {
    LlmError error =
        switch (failure.reason()) {
          case UNAVAILABLE, FULL ->
              new LlmError.StoreUnavailable(failure.getMessage(), Optional.of(ASK_AGAIN));
          case CONFLICT -> new LlmError.Conflict(failure.getMessage());
          case TOO_LARGE -> LlmError.InvalidRequest.at("text", failure.getMessage());
          case DAMAGED -> new LlmError.Internal();
        };
    return new LlmException(error, failure);
  }

  private static LogKey key(String id) throws LlmException {
    if (!LogKey.isId(id)) {
      throw new LlmException(
          LlmError.InvalidRequest.at("id", "id must match [A-Za-z0-9._:-]{1,128}"));
    }
    return new LogKey(SPACE, id);
  }
}

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
import llm.domain.port.LogStore;
import llm.domain.store.Durability;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
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

  Archive(LogStore store) {
    this.store = store;
  }

  /** Whether what is kept survives the process. */
  boolean survives() {
    return store.durability() != Durability.NONE;
  }

  /** The log of a conversation. */
  ConversationLog log(String id, long end, ConversationLog.Backlog backlog) throws LlmException {
    return new ConversationLog(store, key(id), end, backlog);
  }

  /**
   * Begins a log. Asked again before anything was said, it does nothing and succeeds: whoever does
   * not know how it ended asks again.
   *
   * @return what it begins with, which an earlier try may have written
   * @throws LlmException with {@code Conflict} when there is another one of this id
   */
  ConversationRecord.Created create(
      ConversationInfo.Identity identity, ConversationRecord.Created created) throws LlmException {
    LogKey key = key(identity.id());
    try {
      Optional<String> head = Optional.of(ConversationHead.write(identity, 0));
      store.append(key, 0, List.of(RecordCodec.write(created)), head);
      return created;
    } catch (StoreException failure) {
      if (failure.reason() != StoreException.Reason.CONFLICT) {
        throw unavailable(failure);
      }
      List<ConversationRecord> there = records(identity.id(), 0, 2, Long.MAX_VALUE);
      if (there.size() == 1
          && there.getFirst() instanceof ConversationRecord.Created before
          && before.isLike(created)) {
        return before;
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
  List<ConversationRecord> records(String id) throws LlmException {
    List<ConversationRecord> all = new ArrayList<>();
    each(id, all::add);
    return all;
  }

  /** Goes through all records of one, a part at a time. */
  void each(String id, Consumer<ConversationRecord> taker) throws LlmException {
    long from = 0;
    int read;
    do {
      List<LogRecord> page = page(id, from, READ_AT_ONCE);
      for (LogRecord record : page) {
        taker.accept(decoded(record));
      }
      read = page.size();
      from += read;
    } while (read == READ_AT_ONCE);
  }

  /**
   * Records of one from a position on.
   *
   * @param limit the most, 1 or more
   * @param chars with more than these, no further one is read
   */
  List<ConversationRecord> records(String id, long from, int limit, long chars)
      throws LlmException {
    List<ConversationRecord> records = new ArrayList<>();
    long left = chars;
    int wanted;
    int read;
    do {
      wanted = Math.min(READ_AT_ONCE, limit - records.size());
      List<LogRecord> page = page(id, from + records.size(), wanted);
      for (LogRecord record : page) {
        if (left > 0) {
          records.add(decoded(record));
        }
        left -= record.text().length();
      }
      read = page.size();
    } while (read == wanted && left > 0 && records.size() < limit);
    return records;
  }

  private List<LogRecord> page(String id, long from, int limit) throws LlmException {
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

  /** Removes one; returns whether it was there. */
  boolean delete(String id) throws LlmException {
    LogKey key = key(id);
    try {
      return store.delete(key);
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
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

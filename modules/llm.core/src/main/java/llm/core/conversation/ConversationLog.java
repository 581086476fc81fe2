package llm.core.conversation;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.RecordCodec;
import llm.domain.port.LogStore;
import llm.domain.store.LogKey;
import llm.domain.store.StoreException;

/**
 * One conversation's log. While the store is away its records wait here, in order, and go before
 * anything newer as soon as it is back: a turn completes meanwhile and says that it is not durable.
 * Thread-safe; appending blocks as long as the store does.
 */
final class ConversationLog {
  private final LogStore store;
  private final LogKey key;
  private final Backlog backlog;
  private final ArrayDeque<Batch> waiting = new ArrayDeque<>(0); // guarded by this, as all below
  private long end; // in the store
  private long waitingChars;

  /** What was appended together, and is again: the store knows it by that, if it has it already. */
  private record Batch(List<String> texts, Optional<String> head) {
    private long chars() {
      return texts.stream().mapToLong(String::length).sum();
    }
  }

  /** What all conversations may keep waiting, in characters. */
  static final class Backlog {
    private final AtomicLong chars = new AtomicLong();
    private final long most;

    Backlog(long bytes) {
      this.most = bytes / Character.BYTES;
    }

    /** What waits, in bytes. */
    long bytes() {
      return chars.get() * Character.BYTES;
    }

    private boolean take(long more) {
      if (chars.addAndGet(more) > most) {
        chars.addAndGet(-more);
        return false;
      }
      return true;
    }

    private void free(long done) {
      chars.addAndGet(-done);
    }
  }

  /** One whose records up to {@code end} are in the store. */
  ConversationLog(LogStore store, LogKey key, long end, Backlog backlog) {
    this.store = store;
    this.key = key;
    this.end = end;
    this.backlog = backlog;
  }

  /**
   * Appends records.
   *
   * @return whether they are kept as the store promises; false: they wait
   * @throws StoreException with {@code CONFLICT} when somebody else has written, with {@code FULL}
   *     or {@code UNAVAILABLE} when they cannot even wait; nothing is appended then
   */
  synchronized boolean append(List<ConversationRecord> records, Optional<String> newHead)
      throws StoreException {
    var batch = new Batch(records.stream().map(RecordCodec::write).toList(), newHead);
    boolean mustWait = !waiting.isEmpty();
    if (mustWait && !backlog.take(batch.chars())) {
      throw new StoreException(
          StoreException.Reason.UNAVAILABLE,
          "The store cannot be reached, and no more may wait for it.");
    }
    if (mustWait) {
      hold(batch);
      return catchUp();
    }
    try {
      write(batch);
      return true;
    } catch (StoreException failure) {
      if (failure.reason() != StoreException.Reason.UNAVAILABLE || !backlog.take(batch.chars())) {
        throw failure;
      }
      hold(batch);
      return false;
    }
  }

  /**
   * Writes what waits.
   *
   * @return whether nothing waits any more
   * @throws StoreException as {@link #append}, but not with {@code UNAVAILABLE}
   */
  synchronized boolean catchUp() throws StoreException {
    try {
      while (!waiting.isEmpty()) {
        write(waiting.peek());
        long chars = waiting.remove().chars();
        waitingChars -= chars;
        backlog.free(chars);
      }
      return true;
    } catch (StoreException failure) {
      if (failure.reason() == StoreException.Reason.UNAVAILABLE) {
        return false;
      }
      throw failure;
    }
  }

  /** Whether records wait for the store. */
  synchronized boolean isBehind() {
    return !waiting.isEmpty();
  }

  /** Gives up what waits: the conversation is gone, or was written by somebody else. */
  synchronized void forget() {
    backlog.free(waitingChars);
    waitingChars = 0;
    waiting.clear();
  }

  private void write(Batch batch) throws StoreException {
    store.append(key, end, batch.texts(), batch.head());
    end += batch.texts().size();
  }

  private void hold(Batch batch) {
    waiting.add(batch);
    waitingChars += batch.chars();
  }
}

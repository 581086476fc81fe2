package llm.core.conversation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.RecordCodec;
import llm.domain.port.LogStore;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogKey;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/**
 * One conversation's log. While the store takes nothing its records wait here, in order, and go
 * before anything newer as soon as it does: a turn completes meanwhile and says that it is not
 * durable. Thread-safe; appending blocks as long as the store does.
 */
final class ConversationLog {
  private static final int MOST_BYTES_PER_CHAR = 3; // of UTF-8

  private final LogStore store;
  private final LogKey key;
  private final LogIdentity identity;
  private final Backlog backlog;
  private final ArrayDeque<Batch> waiting = new ArrayDeque<>(0); // guarded by this, as all below
  private long end; // in the store
  private long waitingChars;
  private boolean closed;
  private volatile boolean behind; // written under this; asked for without waiting for the store

  /** What was appended together, and is again: the store knows it by that, if it has it already. */
  private record Batch(List<String> texts, Optional<String> head) {
    private long chars() {
      return texts.stream().mapToLong(String::length).sum();
    }

    private long bytes() {
      return texts.stream().mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length).sum();
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

    private boolean hasRoom(long more) {
      return chars.get() + more <= most;
    }

    private void add(long more) {
      chars.addAndGet(more);
    }
  }

  /** One whose records up to {@code end} are in the store. */
  ConversationLog(LogStore store, LogKey key, LogPoint end, Backlog backlog) {
    this.store = store;
    this.key = key;
    this.identity = end.identity();
    this.end = end.position();
    this.backlog = backlog;
  }

  /** Which log of the conversation's name it is. */
  LogIdentity identity() {
    return identity;
  }

  /**
   * Appends what begins a turn.
   *
   * @return whether it is kept as the store promises; false: it waits
   * @throws StoreException with {@code CONFLICT} when somebody else has written or removed it,
   *     {@code TOO_LARGE}, or {@code FULL} or {@code UNAVAILABLE} when no more may wait; nothing is
   *     appended then
   */
  synchronized boolean append(List<ConversationRecord> records, String head) throws StoreException {
    var batch = new Batch(records.stream().map(RecordCodec::write).toList(), Optional.of(head));
    if (closed) {
      return false;
    }
    requireFit(batch, "What was said is longer than the store takes at once (store.append_bytes).");
    if (!catchUp()) {
      requireRoom(batch, "The store takes nothing, and no more may wait for it.");
      hold(batch);
      return false;
    }
    try {
      write(batch);
      return true;
    } catch (StoreException failure) {
      if (failure.reason() != StoreException.Reason.UNAVAILABLE
          || !backlog.hasRoom(batch.chars())) {
        throw failure;
      }
      hold(batch);
      return false;
    }
  }

  /**
   * Appends what ends a turn. It waits whatever waits already: without it the turn would be lost,
   * and there is one for each that may have begun.
   *
   * @return as {@link #append}; also false when the conversation is closed, and nothing is written
   * @throws StoreException with {@code CONFLICT} or {@code TOO_LARGE}
   */
  synchronized boolean appendEnd(ConversationRecord record) throws StoreException {
    if (closed) {
      return false;
    }
    var batch = new Batch(List.of(RecordCodec.write(record)), Optional.empty());
    requireFit(batch, "The answer is longer than the store takes at once (store.append_bytes).");
    hold(batch);
    return catchUp();
  }

  /**
   * Writes what waits.
   *
   * @return whether nothing waits any more
   * @throws StoreException when somebody else has written, or what is stored is damaged
   */
  synchronized boolean catchUp() throws StoreException {
    try {
      while (!waiting.isEmpty()) {
        write(waiting.peek());
        long chars = waiting.remove().chars();
        waitingChars -= chars;
        backlog.add(-chars);
      }
      behind = false;
      return true;
    } catch (StoreException failure) {
      return switch (failure.reason()) {
        case UNAVAILABLE, FULL -> false;
        case CONFLICT, DAMAGED, TOO_LARGE -> throw failure;
      };
    }
  }

  /** Whether records wait for the store. Does not wait for it. */
  boolean isBehind() {
    return behind;
  }

  /**
   * Nothing is written any more, and what waits is given up: the conversation is gone, or was
   * written by somebody else.
   */
  synchronized void close() {
    closed = true;
    behind = false;
    backlog.add(-waitingChars);
    waitingChars = 0;
    waiting.clear();
  }

  private void requireFit(Batch batch, String otherwise) throws StoreException {
    long most = store.appendBytes();
    if (batch.chars() > most / MOST_BYTES_PER_CHAR && batch.bytes() > most) {
      throw new StoreException(StoreException.Reason.TOO_LARGE, otherwise);
    }
  }

  private void requireRoom(Batch batch, String otherwise) throws StoreException {
    if (!backlog.hasRoom(batch.chars())) {
      throw new StoreException(StoreException.Reason.UNAVAILABLE, otherwise);
    }
  }

  private void write(Batch batch) throws StoreException {
    store.append(key, new LogPoint(identity, end), batch.texts(), batch.head());
    end += batch.texts().size();
  }

  private void hold(Batch batch) {
    waiting.add(batch);
    waitingChars += batch.chars();
    backlog.add(batch.chars());
    behind = true;
  }
}

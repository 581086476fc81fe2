package llm.core.store.journal;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import llm.core.concurrent.Alarms;
import llm.core.store.journal.LogIndex.Mark;
import llm.core.telemetry.Log;
import llm.domain.call.Registration;
import llm.domain.store.StoreException;
import llm.domain.store.StoreException.Reason;

/**
 * What a journal does beside writing: syncs as its settings say, writes segments again whose
 * records are mostly dead, and remembers that the device failed. Thread-safe.
 */
final class JournalUpkeep implements AutoCloseable {
  /** After segments could not be written again; the device is full, for example. */
  private static final Duration REST = Duration.ofMinutes(1);

  private final Disk disk;
  private final LogIndex index;
  private final Segments segments;
  private final JournalSettings settings;
  private final Alarms alarms;
  private final Executor background;
  private final Log log;
  private final ReentrantLock rewriting = new ReentrantLock(); // held while segments are rewritten
  private boolean queued; // a rewriting is to begin; guarded by this, as the next three
  private boolean resting;
  private boolean syncSet;
  private Registration nextSync = () -> {};
  private volatile IOException failed; // null: the device is good
  private volatile boolean closed;

  JournalUpkeep(
      Disk disk,
      LogIndex index,
      Segments segments,
      JournalSettings settings,
      Alarms alarms,
      Executor background,
      Log log) {
    this.disk = disk;
    this.index = index;
    this.segments = segments;
    this.settings = settings;
    this.alarms = alarms;
    this.background = background;
    this.log = log;
  }

  /** Returns once what ends there is as durable as the settings want it. */
  void settle(Mark mark) throws StoreException {
    if (settings.interval().isPresent()) {
      syncLater(settings.interval().get());
      return;
    }
    try {
      mark.segment().reach(mark.offset());
    } catch (IOException failure) {
      throw fail(failure);
    }
    checkGood();
  }

  private synchronized void syncLater(Duration interval) {
    SegmentFile active = segments.active();
    if (!syncSet && !closed && active.synced() < active.written()) {
      syncSet = true;
      nextSync =
          alarms.at(
              alarms.time().nanoTime() + interval.toNanos(), () -> background.execute(this::sync));
    }
  }

  private void sync() {
    synchronized (this) {
      syncSet = false; // before the sync: what is written from here on sets the next
    }
    try {
      segments.sync();
    } catch (IOException failure) {
      if (!closed) {
        fail(failure);
      }
    }
  }

  /** Begins to write segments again where that is worth it; does not wait for it. */
  void tidyUp() {
    synchronized (this) {
      if (queued || resting || closed) {
        return;
      }
      if (index.worthRewriting(segments.sealed(), settings.segmentBytes()).isEmpty()) {
        return;
      }
      queued = true;
    }
    background.execute(this::rewrite);
  }

  private void rewrite() {
    rewriting.lock();
    try {
      synchronized (this) {
        queued = false;
      }
      var group = index.worthRewriting(segments.sealed(), settings.segmentBytes());
      while (!group.isEmpty() && !closed && failed == null) {
        rewrite(group);
        group = index.worthRewriting(segments.sealed(), settings.segmentBytes());
      }
    } catch (IOException failure) {
      log.error("journal_not_rewritten").cause(failure).emit();
      rest();
    } finally {
      rewriting.unlock();
    }
  }

  private void rewrite(List<SegmentFile> group) throws IOException {
    long before = group.stream().mapToLong(SegmentFile::written).sum();
    long all = segments.bytes();
    new Rewriting(disk, index, segments, group).run(() -> closed);
    log.info("journal_rewritten")
        .put("segments", group.size())
        .put("bytes", before)
        .put("freed", all - segments.bytes())
        .emit();
  }

  private synchronized void rest() {
    resting = true;
    alarms.at(alarms.time().nanoTime() + REST.toNanos(), this::wake);
  }

  private synchronized void wake() {
    resting = false;
  }

  boolean hasFailed() {
    return failed != null;
  }

  /** Refuses everything once the device failed. */
  void checkGood() throws StoreException {
    if (failed != null) {
      throw broken(failed);
    }
  }

  /** The device failed: nobody knows what is on it until all is read again. */
  StoreException fail(IOException failure) {
    boolean first = failed == null;
    failed = first ? failure : failed;
    if (first) {
      log.error("journal_failed")
          .put("folder", disk.place())
          .put("message", "The journal is not used any more; mend the device, then restart.")
          .cause(failure)
          .emit();
    }
    return broken(failure);
  }

  private static StoreException broken(IOException failure) {
    return new StoreException(
        Reason.UNAVAILABLE,
        "The journal's device failed; it is not used until the server starts again.",
        failure);
  }

  /** For the log, of what does not end the journal's use. */
  void tell(IOException failure) {
    log.error("journal_trouble").put("folder", disk.place()).cause(failure).emit();
  }

  /** Ends what runs, and begins nothing more. */
  @Override
  public void close() {
    closed = true;
    synchronized (this) {
      nextSync.close();
    }
    rewriting.lock(); // until the one that runs has given up
    rewriting.unlock();
  }
}

package llm.core.store.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import llm.core.concurrent.Alarms;
import llm.core.store.StoreTexts;
import llm.core.store.journal.LogIndex.Found;
import llm.core.store.journal.LogIndex.Mark;
import llm.core.store.journal.LogIndex.Spot;
import llm.core.store.journal.LogIndex.Spots;
import llm.core.telemetry.Telemetry;
import llm.domain.port.LogStore;
import llm.domain.store.Durability;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;
import llm.domain.store.StoreException.Reason;

/**
 * Logs in append-only files of one folder. Thread-safe. Appends are written one after another, and
 * those that wait for the device at once share a sync. After a file could not be synced nobody
 * knows what is on the device: then everything is refused until the journal is opened again.
 */
public final class JournalLogStore implements LogStore {
  private final Disk disk;
  private final JournalSettings settings;
  private final Alarms alarms;
  private final LogIndex index;
  private final Segments segments;
  private final JournalUpkeep upkeep;
  private final ReentrantLock writing = new ReentrantLock();
  private volatile boolean closed; // set under writing

  private JournalLogStore(
      Disk disk,
      JournalSettings settings,
      Alarms alarms,
      LogIndex index,
      Segments segments,
      JournalUpkeep upkeep) {
    this.disk = disk;
    this.settings = settings;
    this.alarms = alarms;
    this.index = index;
    this.segments = segments;
    this.upkeep = upkeep;
  }

  /**
   * Opens the journal of a folder, which is made where it is missing, and reads all of it.
   *
   * @throws IOException with a sentence for the user: the folder cannot be used, another process
   *     has it, or a file is damaged, then with the file's name and the offset
   */
  public static JournalLogStore open(
      Path folder, JournalSettings settings, Alarms alarms, Telemetry telemetry)
      throws IOException {
    return open(FolderDisk.open(folder), settings, alarms, telemetry, Thread::startVirtualThread);
  }

  /**
   * The same on any disk.
   *
   * @param background runs what blocks and nobody waits for
   */
  static JournalLogStore open(
      Disk disk, JournalSettings settings, Alarms alarms, Telemetry telemetry, Executor background)
      throws IOException {
    var log = telemetry.log("llm.store");
    try {
      var index = new LogIndex();
      var segments = JournalOpening.open(disk, index, log);
      var upkeep = new JournalUpkeep(disk, index, segments, settings, alarms, background, log);
      telemetry
          .metrics()
          .gauge("llm_store_bytes", "Bytes that the store of logs takes.", segments::bytes);
      log.info("journal_opened")
          .put("segments", segments.count())
          .put("bytes", segments.bytes())
          .emit();
      upkeep.tidyUp(); // what the process before did not come to
      return new JournalLogStore(disk, settings, alarms, index, segments, upkeep);
    } catch (IOException failure) {
      disk.close();
      throw failure;
    }
  }

  @Override
  public long appendBytes() {
    return settings.appendBytes();
  }

  @Override
  public Durability durability() {
    return Durability.FILE;
  }

  @Override
  public boolean isAvailable() {
    return !closed && !upkeep.hasFailed();
  }

  @Override
  public void append(LogKey key, LogPoint at, List<String> records, Optional<String> head)
      throws StoreException {
    var texts = StoreTexts.records(records, settings.appendBytes());
    var description = StoreTexts.head(head);
    if (!addAtEnd(key, at, texts, description)) {
      checkRepeat(key, at, texts);
    }
  }

  /** Whether the log ended there, and the records are in it now. */
  private boolean addAtEnd(
      LogKey key, LogPoint at, List<byte[]> texts, Optional<byte[]> description)
      throws StoreException {
    Mark mark;
    lock();
    try {
      if (!StoreTexts.isAtEnd(at, index.end(key))) {
        return false;
      }
      long now = alarms.time().now().toEpochMilli();
      long position = at.position();
      LogIdentity born = position == 0 ? at.identity() : LogIdentity.NONE; // told once
      mark = write(new Frame(Frame.Kind.APPEND, now, key, born, position, description, texts));
    } finally {
      writing.unlock();
    }
    upkeep.settle(mark);
    return true;
  }

  /** Refuses what is no repeat of an append that was done. */
  private void checkRepeat(LogKey key, LogPoint at, List<byte[]> texts) throws StoreException {
    while (true) {
      Spots spots = index.exactly(key, at, texts.size());
      var known = texts(spots.spots());
      if (known.isPresent()) {
        for (int i = 0; i < texts.size(); i++) {
          if (!Arrays.equals(known.get().get(i), texts.get(i))) {
            throw StoreTexts.conflict(at, index.end(key).map(LogPoint::position).orElse(0L));
          }
        }
        upkeep.settle(spots.mark());
        return;
      }
    }
  }

  @Override
  public LogPage read(LogKey key, long from, int limit) throws StoreException {
    StoreTexts.checkPosition(from);
    StoreTexts.checkLimit(limit);
    while (true) {
      checkUsable();
      Optional<Spots> spots = index.spots(key, from, limit);
      if (spots.isEmpty()) {
        return LogPage.ABSENT;
      }
      var texts = texts(spots.get().spots());
      if (texts.isPresent()) {
        upkeep.settle(spots.get().mark());
        return new LogPage(spots.get().identity(), records(spots.get().spots(), texts.get()));
      }
    }
  }

  private static List<LogRecord> records(List<Spot> spots, List<byte[]> texts) {
    var records = new ArrayList<LogRecord>(spots.size());
    for (int i = 0; i < spots.size(); i++) {
      records.add(new LogRecord(spots.get(i).position(), new String(texts.get(i), UTF_8)));
    }
    return records;
  }

  /** Empty when a segment was written again meanwhile: the places are to be looked up again. */
  private Optional<List<byte[]>> texts(List<Spot> spots) throws StoreException {
    var texts = new ArrayList<byte[]>(spots.size());
    for (Spot spot : spots) {
      try {
        texts.add(spot.place().read());
      } catch (IOException failure) {
        if (spot.place().segment().isGone()) {
          return Optional.empty();
        }
        checkUsable();
        upkeep.tell(failure);
        throw new StoreException(Reason.DAMAGED, "A record of the log cannot be read.", failure);
      }
    }
    return Optional.of(texts);
  }

  @Override
  public Optional<LogInfo> find(LogKey key) throws StoreException {
    checkUsable();
    Optional<Found> found = index.find(key);
    if (found.isPresent()) {
      upkeep.settle(found.get().mark());
    }
    return found.map(Found::info);
  }

  @Override
  public List<LogInfo> list(String space, Optional<String> after, int limit) throws StoreException {
    StoreTexts.checkLimit(limit);
    checkUsable();
    List<Found> found = index.list(space, after, limit);
    for (Found log : found) {
      upkeep.settle(log.mark());
    }
    return found.stream().map(Found::info).toList();
  }

  @Override
  public void compact(LogKey key, LogPoint at, String snapshot) throws StoreException {
    var text = StoreTexts.records(List.of(snapshot), settings.appendBytes());
    Mark mark;
    lock();
    try {
      Found log = index.find(key).orElseThrow(() -> StoreTexts.beyond(at, 0));
      LogPoint end = log.info().end();
      StoreTexts.checkIdentity(at.identity(), end.identity());
      if (at.position() >= end.position()) {
        throw StoreTexts.beyond(at, end.position());
      }
      mark = log.mark();
      if (at.position() >= index.first(key)) {
        mark = write(snapshot(log.info(), at, text));
      }
    } finally {
      writing.unlock();
    }
    upkeep.settle(mark);
    upkeep.tidyUp();
  }

  /** With identity, head and time: the frames that told them may be written away from now on. */
  private static Frame snapshot(LogInfo info, LogPoint at, List<byte[]> text) {
    Optional<byte[]> head = Optional.of(info.head().getBytes(UTF_8));
    long changed = info.changedAt().toEpochMilli();
    return new Frame(
        Frame.Kind.SNAPSHOT, changed, info.key(), at.identity(), at.position(), head, text);
  }

  @Override
  public boolean delete(LogKey key, LogIdentity identity) throws StoreException {
    Mark mark;
    lock();
    try {
      if (index.end(key).filter(end -> end.identity().equals(identity)).isEmpty()) {
        return false;
      }
      long now = alarms.time().now().toEpochMilli();
      mark = write(Frame.removal(key, now));
    } finally {
      writing.unlock();
    }
    upkeep.settle(mark);
    upkeep.tidyUp();
    return true;
  }

  @Override
  public void close() {
    writing.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      writing.unlock();
    }
    upkeep.close();
    try (disk) {
      segments.close();
    } catch (IOException failure) {
      upkeep.tell(failure);
    }
  }

  /** Writes a frame, and lets it be found; not on the device yet. By who holds the lock. */
  private Mark write(Frame frame) throws StoreException {
    int bytes = frame.bytes();
    checkRoom(frame, bytes);
    SegmentFile active = segmentFor(bytes);
    long offset = active.written();
    try {
      active.append(frame.encode(offset, active.synced()));
    } catch (IOException failure) {
      throw notWritten(active, offset, bytes, failure);
    }
    try {
      index.apply(frame, active, offset);
    } catch (DamagedJournalException impossible) {
      throw new IllegalStateException(impossible);
    }
    return new Mark(active, offset + bytes);
  }

  /** The active segment, or the next one when it is full. */
  private SegmentFile segmentFor(int bytes) throws StoreException {
    SegmentFile active = segments.active();
    long with = active.written() + bytes;
    if (active.written() == SegmentFile.HEAD_BYTES || with <= settings.segmentBytes()) {
      return active;
    }
    try {
      segments.next();
    } catch (IOException failure) {
      throw fullOrFailed(bytes, failure);
    }
    upkeep.tidyUp();
    return segments.active();
  }

  /** What is half written is cut off: the next frame follows the last whole one. */
  private StoreException notWritten(
      SegmentFile segment, long offset, int bytes, IOException failure) {
    try {
      segment.cut(offset);
    } catch (IOException alsoFailed) {
      failure.addSuppressed(alsoFailed);
      return upkeep.fail(failure);
    }
    return fullOrFailed(bytes, failure);
  }

  /** A full device is no broken one: the journal goes on once there is room. */
  private StoreException fullOrFailed(int bytes, IOException failure) {
    try {
      if (disk.free() < 2L * bytes + settings.appendBytes()) {
        upkeep.tell(failure);
        return new StoreException(
            Reason.FULL, "The device that the journal is on (store.data_dir) is full.", failure);
      }
    } catch (IOException alsoFailed) {
      failure.addSuppressed(alsoFailed);
    }
    return upkeep.fail(failure);
  }

  /** Removals may go a little further: they make room. */
  private void checkRoom(Frame frame, int bytes) throws StoreException {
    long reserve = frame.kind() == Frame.Kind.APPEND ? 0 : settings.segmentBytes();
    long held = segments.bytes();
    if (held + bytes > settings.journalBytes() + reserve) {
      throw new StoreException(
          Reason.FULL,
          "The journal holds %d bytes of at most %d (store.journal_bytes): delete what is not needed."
              .formatted(held, settings.journalBytes()));
    }
  }

  private void lock() throws StoreException {
    try {
      if (!writing.tryLock(settings.timeLimit().toNanos(), TimeUnit.NANOSECONDS)) {
        throw new StoreException(
            Reason.UNAVAILABLE, "The journal's device did not answer in time; try again.");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new StoreException(Reason.UNAVAILABLE, "The append was interrupted.", interrupted);
    }
    try {
      checkUsable();
    } catch (StoreException refused) {
      writing.unlock();
      throw refused;
    }
  }

  private void checkUsable() throws StoreException {
    if (closed) {
      throw StoreTexts.closed();
    }
    upkeep.checkGood();
  }
}

package llm.core.store.journal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Writes what is live of some segments into one new segment, which takes the first one's name. One
 * thread at a time; readers and writers go on.
 */
final class Rewriting {
  private static final int CHUNK_BYTES = 1 << 20;

  private final Disk disk;
  private final LogIndex index;
  private final Segments segments;
  private final List<SegmentFile> group;
  private final List<LogIndex.Move> moves = new ArrayList<>();
  private final ByteArrayOutputStream chunk = new ByteArrayOutputStream();
  private SegmentFile into;
  private long removalBytes;

  Rewriting(Disk disk, LogIndex index, Segments segments, List<SegmentFile> group) {
    this.disk = disk;
    this.index = index;
    this.segments = segments;
    this.group = group;
  }

  /**
   * Does it all.
   *
   * @param stop asked between records: true gives up, and nothing has happened
   */
  void run(BooleanSupplier stop) throws IOException {
    String name = group.getFirst().name() + JournalOpening.UNFINISHED;
    Disk.DiskFile file = disk.open(name);
    boolean done = false;
    try {
      into = SegmentFile.create(file, group.getFirst().first(), group.getLast().through());
      if (copy(stop)) {
        into.reach(into.written());
        segments.sync(); // the snapshots and removals by which the records left out are dead
        disk.rename(name, into.name());
        disk.syncNames();
        done = true;
      }
    } finally {
      if (!done) {
        file.close();
        disk.delete(name);
      }
    }
    if (done) {
      retire();
    }
  }

  /** From here on the new one counts, on the disk as in memory. */
  private void retire() throws IOException {
    index.move(moves, removalBytes, into);
    segments.replace(group, into);
    for (SegmentFile old : group) {
      old.retire();
      if (!old.name().equals(into.name())) {
        disk.delete(old.name());
      }
    }
  }

  private boolean copy(BooleanSupplier stop) throws IOException {
    boolean keepRemovals = segments.before(group.getFirst()).stream().anyMatch(index::hasDead);
    for (SegmentFile old : group) {
      if (stop.getAsBoolean()) {
        return false;
      }
      long end = new SegmentScan(old).run((frame, at) -> take(frame, old, at, keepRemovals));
      if (end != old.written()) {
        throw new DamagedJournalException(
            "segment " + old.name() + " holds no whole record at byte " + end);
      }
    }
    flush();
    return true;
  }

  private void take(Frame frame, SegmentFile old, long offset, boolean keepRemovals)
      throws IOException {
    var live = index.live(frame, old, offset, keepRemovals);
    if (live.isEmpty()) {
      return;
    }
    Frame kept = live.get();
    long at = into.written() + chunk.size();
    if (kept.kind() == Frame.Kind.DELETE) {
      removalBytes += kept.bytes();
    } else {
      note(frame, kept, old, offset, at);
    }
    chunk.write(kept.encode(at, 0));
    if (chunk.size() >= CHUNK_BYTES) {
      flush();
    }
  }

  /** Where the records of a frame are, and where they will be. */
  private void note(Frame frame, Frame kept, SegmentFile old, long offset, long newOffset) {
    int from = (int) offset + frame.firstRecordAt();
    int gone = frame.records().size() - kept.records().size();
    for (byte[] dead : frame.records().subList(0, gone)) {
      from += Frame.RECORD_PREFIX_BYTES + dead.length;
    }
    int to = (int) newOffset + kept.firstRecordAt();
    long position = kept.position();
    for (byte[] text : kept.records()) {
      from += Frame.RECORD_PREFIX_BYTES;
      to += Frame.RECORD_PREFIX_BYTES;
      var place = new Place(old, from, text.length, Place.checksum(text));
      moves.add(new LogIndex.Move(kept.kind(), kept.key(), position++, place, to));
      from += text.length;
      to += text.length;
    }
  }

  private void flush() throws IOException {
    into.append(chunk.toByteArray());
    chunk.reset();
  }
}

package llm.core.store.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import llm.core.telemetry.Log;

/**
 * Reads the segments of a folder: removes what a stop left half made, cuts off a torn end, fills
 * the index. One thread, once.
 */
final class JournalOpening {
  /** How the name ends of a segment that is still being written again. */
  static final String UNFINISHED = ".new";

  private final Disk disk;
  private final LogIndex index;
  private final Log log;
  private final List<SegmentFile> found = new ArrayList<>();

  private JournalOpening(Disk disk, LogIndex index, Log log) {
    this.disk = disk;
    this.index = index;
    this.log = log;
  }

  /**
   * Reads all there is.
   *
   * @throws IOException with a sentence that names the folder; the file and the offset, when what
   *     is there was damaged
   */
  static Segments open(Disk disk, LogIndex index, Log log) throws IOException {
    var opening = new JournalOpening(disk, index, log);
    try {
      return opening.run();
    } catch (DamagedJournalException damaged) {
      opening.closeFiles();
      throw new DamagedJournalException(
          "the journal in "
              + disk.place()
              + " is damaged: "
              + damaged.getMessage()
              + "; nothing was changed. Restore the folder from a backup, or move it away to begin"
              + " anew");
    } catch (IOException failure) {
      opening.closeFiles();
      throw failure;
    }
  }

  private void closeFiles() throws IOException {
    for (SegmentFile segment : found) {
      segment.file().close();
    }
  }

  private Segments run() throws IOException {
    readHeads();
    long next = 1;
    for (SegmentFile segment : List.copyOf(found)) {
      if (segment.through() < next) { // was rewritten into the one before; its removal was lost
        discard(segment);
        continue;
      }
      if (segment.first() != next) {
        throw new DamagedJournalException("segment " + SegmentFile.name(next) + " is missing");
      }
      next = segment.through() + 1;
    }
    for (SegmentFile segment : found) {
      scan(segment, segment == found.getLast());
    }
    index.check();
    if (found.isEmpty()) {
      return new Segments(disk, List.of(), Segments.create(disk, 1));
    }
    SegmentFile active = found.getLast();
    active.file().sync(); // what the process before had not synced is told to readers from now on
    disk.syncNames();
    return new Segments(disk, found.subList(0, found.size() - 1), active);
  }

  private void discard(SegmentFile segment) throws IOException {
    found.remove(segment);
    segment.file().close();
    disk.delete(segment.name());
  }

  private void readHeads() throws IOException {
    var names = disk.list().stream().filter(SegmentFile::isName).sorted().toList();
    for (String name : disk.list()) {
      if (name.endsWith(UNFINISHED)) {
        disk.delete(name);
      }
    }
    for (String name : names) {
      readHead(name, name.equals(names.getLast()));
    }
    found.sort(Comparator.comparingLong(SegmentFile::first));
  }

  private void readHead(String name, boolean last) throws IOException {
    Disk.DiskFile file = disk.open(name);
    boolean kept = false;
    try {
      Optional<SegmentFile> read = SegmentFile.read(file);
      if (read.isPresent() && read.get().name().equals(name)) {
        found.add(read.get());
        kept = true;
        return;
      }
      if (!last || file.size() > SegmentFile.HEAD_BYTES) {
        throw new DamagedJournalException("segment " + name + " has no good head at byte 0");
      }
    } finally {
      if (!kept) {
        file.close();
      }
    }
    disk.delete(name); // its head was not on the device yet, so nothing was acknowledged in it
  }

  private void scan(SegmentFile segment, boolean last) throws IOException {
    var scan = new SegmentScan(segment);
    long end = scan.run((frame, offset) -> index.apply(frame, segment, offset));
    long size = segment.written();
    if (end == size) {
      return;
    }
    if (!last || scan.wasWhole(end)) {
      throw new DamagedJournalException(
          "segment " + segment.name() + " holds no whole record at byte " + end);
    }
    segment.cut(end);
    log.warn("journal_end_cut")
        .put("file", segment.name())
        .put("offset", end)
        .put("bytes", size - end)
        .put("message", "An append that was not acknowledged was cut off: it was not whole.")
        .emit();
  }
}

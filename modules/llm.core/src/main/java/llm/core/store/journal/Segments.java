package llm.core.store.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A journal's segments in the order of their frames; the last one is written to. Thread-safe. */
final class Segments {
  private final Disk disk;
  private final List<SegmentFile> sealed; // guarded by this
  private volatile SegmentFile active; // set by who holds the store's writing lock

  /** As they were found. */
  Segments(Disk disk, List<SegmentFile> sealed, SegmentFile active) {
    this.disk = disk;
    this.sealed = new ArrayList<>(sealed);
    this.active = active;
  }

  /** A segment of a number, of which no other is there; on the device when this returns. */
  static SegmentFile create(Disk disk, long number) throws IOException {
    Disk.DiskFile file = disk.open(SegmentFile.name(number));
    try {
      var segment = SegmentFile.create(file, number, number);
      segment.reach(segment.written());
      disk.syncNames();
      return segment;
    } catch (IOException failure) {
      file.close();
      throw failure;
    }
  }

  /** The one that is written to. */
  SegmentFile active() {
    return active;
  }

  /** Those that are full. */
  synchronized List<SegmentFile> sealed() {
    return List.copyOf(sealed);
  }

  /** Bytes of all. */
  synchronized long bytes() {
    return sealed.stream().mapToLong(SegmentFile::written).sum() + active.written();
  }

  /** How many there are. */
  synchronized int count() {
    return sealed.size() + 1;
  }

  /** Begins the next one; called by who holds the store's writing lock. */
  void next() throws IOException {
    SegmentFile full = active;
    full.reach(full.written());
    SegmentFile next = create(disk, full.through() + 1);
    synchronized (this) {
      sealed.add(full);
      active = next;
    }
  }

  /** Returns once everything written by now is on the device. */
  void sync() throws IOException {
    SegmentFile last = active; // those before it were synced when they were full
    last.reach(last.written());
  }

  /** Those before {@code segment}. */
  synchronized List<SegmentFile> before(SegmentFile segment) {
    return List.copyOf(sealed.subList(0, sealed.indexOf(segment)));
  }

  /** Lets {@code by} stand where {@code group} stood. */
  synchronized void replace(List<SegmentFile> group, SegmentFile by) {
    int at = sealed.indexOf(group.getFirst());
    sealed.removeAll(group);
    sealed.add(at, by);
  }

  /** Syncs and closes all. */
  synchronized void close() throws IOException {
    try {
      sync();
    } finally {
      for (SegmentFile segment : sealed) {
        segment.file().close();
      }
      active.file().close();
    }
  }
}

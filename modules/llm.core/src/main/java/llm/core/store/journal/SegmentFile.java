package llm.core.store.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;

/**
 * One open segment. On disk: a magic word, the numbers of the first and last segment that it stands
 * for (more than one when several were rewritten into it), their checksum; then frames. Thread-safe
 * as far as its fields say.
 */
final class SegmentFile {
  static final int HEAD_BYTES = 28;
  private static final String SUFFIX = ".journal";
  private static final long MAGIC = 0x6C6C6D6A726E6C31L; // llmjrnl1
  private static final int SUMMED_BYTES = 24;

  private final ReentrantLock syncing = new ReentrantLock(); // one sync at a time
  private final long first;
  private final long through;
  private final Disk.DiskFile file;
  private volatile long written; // by who holds the store's writing lock
  private volatile long synced; // under syncing
  private IOException failed; // under syncing; null: every sync was good
  private volatile boolean gone;
  private long recordBytes; // under the index's lock, as the next
  private long liveBytes;
  private long removalBytes;

  private SegmentFile(long first, long through, Disk.DiskFile file, long written, long synced) {
    this.first = first;
    this.through = through;
    this.file = file;
    this.written = written;
    this.synced = synced;
  }

  /** A new one: its head is written, and not yet on the device. */
  static SegmentFile create(Disk.DiskFile file, long first, long through) throws IOException {
    file.truncate(0);
    var head = ByteBuffer.allocate(HEAD_BYTES).putLong(MAGIC).putLong(first).putLong(through);
    head.putInt(checksum(head.array()));
    file.write(0, head.array());
    return new SegmentFile(first, through, file, HEAD_BYTES, 0);
  }

  /** One of the disk's; empty when it has no good head. Its frames are still to be looked at. */
  static Optional<SegmentFile> read(Disk.DiskFile file) throws IOException {
    byte[] bytes = new byte[HEAD_BYTES];
    if (file.read(0, bytes) < HEAD_BYTES) {
      return Optional.empty();
    }
    var head = ByteBuffer.wrap(bytes);
    boolean good = head.getLong() == MAGIC;
    long first = head.getLong();
    long through = head.getLong();
    if (!good || head.getInt() != checksum(bytes)) {
      return Optional.empty();
    }
    return Optional.of(new SegmentFile(first, through, file, file.size(), file.size()));
  }

  private static int checksum(byte[] head) {
    var crc = new CRC32C();
    crc.update(head, 0, SUMMED_BYTES);
    return (int) crc.getValue();
  }

  /** The file's name of a segment. */
  static String name(long first) {
    return "%016d".formatted(first) + SUFFIX;
  }

  /** Whether a file of the folder is a segment. */
  static boolean isName(String name) {
    return name.endsWith(SUFFIX);
  }

  String name() {
    return name(first);
  }

  long first() {
    return first;
  }

  long through() {
    return through;
  }

  Disk.DiskFile file() {
    return file;
  }

  long written() {
    return written;
  }

  long synced() {
    return synced;
  }

  /** Writes at its end; when that fails, the end stays where it was, and {@link #cut} is due. */
  void append(byte[] bytes) throws IOException {
    file.write(written, bytes);
    written += bytes.length;
  }

  /** Cuts off what is behind {@code end}. */
  void cut(long end) throws IOException {
    file.truncate(end);
    written = end;
    synced = Math.min(synced, end);
  }

  /**
   * Returns once the file is on the device up to {@code offset}. One sync serves all who wait.
   *
   * @throws IOException when it could not be synced, now or ever: after a failure the system may
   *     have dropped what was not on the device, and say of the next sync that it was good
   */
  void reach(long offset) throws IOException {
    if (synced >= offset) {
      return;
    }
    syncing.lock();
    try {
      if (synced >= offset) {
        return;
      }
      if (failed != null) {
        throw new IOException("segment " + name() + " could not be synced before", failed);
      }
      long target = written;
      file.sync();
      if (!gone) {
        synced = target;
      }
    } catch (IOException failure) {
      failed = failed == null ? failure : failed;
      throw failure;
    } finally {
      syncing.unlock();
    }
  }

  /** Whether another file has taken its place: what was found in it is to be looked up again. */
  boolean isGone() {
    return gone;
  }

  /** Gives its place up. What it held is on the device elsewhere. */
  void retire() throws IOException {
    syncing.lock();
    try {
      gone = true;
      synced = Long.MAX_VALUE;
    } finally {
      syncing.unlock();
    }
    file.close();
  }

  /** Holds a live record more. */
  void count(long bytes) {
    recordBytes += bytes;
    liveBytes += bytes;
  }

  /** Holds a record more that died on its way here. */
  void countDead(long bytes) {
    recordBytes += bytes;
  }

  /** Holds a removal more. */
  void countRemoval(long bytes) {
    removalBytes += bytes;
  }

  /** One of its records died. */
  void drop(long bytes) {
    liveBytes -= bytes;
  }

  /** Whether half of what it holds is of no use or more. */
  boolean isMostlyDead() {
    long all = recordBytes + removalBytes;
    return all > 0 && liveBytes * 2 <= all;
  }

  /** Whether it holds dead records: a later removal of their log is needed as long as it does. */
  boolean hasDead() {
    return liveBytes < recordBytes;
  }

  boolean hasRemovals() {
    return removalBytes > 0;
  }

  long liveBytes() {
    return liveBytes;
  }
}

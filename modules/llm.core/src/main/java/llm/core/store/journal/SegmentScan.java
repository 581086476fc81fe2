package llm.core.store.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads a segment's frames in order, and tells a torn end from damage. One thread. */
final class SegmentScan {
  private static final int WINDOW_BYTES = 1 << 20;

  private final SegmentFile segment;
  private final long size;
  private byte[] window; // used again: larger where a frame is
  private long windowAt;
  private int windowBytes;

  /** Takes each frame. */
  interface Taker {
    void take(Frame frame, long offset) throws IOException;
  }

  SegmentScan(SegmentFile segment) throws IOException {
    this.segment = segment;
    this.size = segment.file().size();
    this.window = new byte[(int) Math.min(WINDOW_BYTES, size)]; // most journals are small
  }

  /**
   * Hands out the frames up to the end, or the first place where none stands whole.
   *
   * @return that place
   */
  long run(Taker taker) throws IOException {
    long at = SegmentFile.HEAD_BYTES;
    while (at < size) {
      int length = frameAt(at);
      if (length == 0) {
        return at;
      }
      taker.take(decode(at, length), at);
      at += length;
    }
    return at;
  }

  private Frame decode(long at, int length) throws DamagedJournalException {
    try {
      return Frame.decode(window, index(at), length);
    } catch (RuntimeException unknown) {
      throw new DamagedJournalException(
          "segment %s has a frame at byte %d that this version cannot read: %s"
              .formatted(segment.name(), at, unknown));
    }
  }

  /** The length of the whole frame at an offset, which is in the window then; 0: none is there. */
  private int frameAt(long at) throws IOException {
    if (!load(at, Frame.PREFIX_BYTES)) {
      return 0;
    }
    long length = Frame.length(window, index(at));
    if (length < 0 || length > size - at || length > Integer.MAX_VALUE - 8) {
      return 0;
    }
    boolean whole = load(at, (int) length) && Frame.isWhole(window, index(at), (int) length, at);
    return whole ? (int) length : 0;
  }

  /**
   * Whether what stands at {@code hole} was once whole on the device: then a later frame says that
   * the file was synced beyond it. Otherwise the hole is what a stop of process or machine leaves.
   */
  boolean wasWhole(long hole) throws IOException {
    long at = hole + 1;
    while (load(at, Frame.PREFIX_BYTES)) {
      int from = index(at);
      int found = marker(from);
      at += found - from;
      if (found > windowBytes - Integer.BYTES) {
        continue; // the rest of the window is looked at with what comes behind it
      }
      if (frameAt(at) > 0 && Frame.synced(window, index(at)) > hole) {
        return true;
      }
      at++;
    }
    return false;
  }

  /**
   * Where the next marker of the window begins; where too few bytes are left when there is none.
   */
  private int marker(int from) {
    var in = ByteBuffer.wrap(window);
    byte firstByte = (byte) (Frame.MARKER >> 24);
    int at = from;
    while (at <= windowBytes - Integer.BYTES
        && (window[at] != firstByte || in.getInt(at) != Frame.MARKER)) {
      at++;
    }
    return at;
  }

  /** Brings bytes of the file into the window; false when the file ends before. */
  private boolean load(long at, int length) throws IOException {
    if (at >= windowAt && at + length <= windowAt + windowBytes) {
      return true;
    }
    if (length > size - at) {
      return false;
    }
    if (length > window.length) {
      window = new byte[length];
    }
    windowBytes = segment.file().read(at, window);
    windowAt = at;
    return windowBytes >= length;
  }

  /** Where in the window a byte of the file is. */
  private int index(long at) {
    return (int) (at - windowAt);
  }
}

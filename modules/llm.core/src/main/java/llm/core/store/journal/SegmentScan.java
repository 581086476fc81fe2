package llm.core.store.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads a segment's frames in order, and tells a torn end from damage. One thread. */
final class SegmentScan {
  private static final int WINDOW_BYTES = 1 << 20;

  private final SegmentFile segment;
  private final long size;
  private byte[] window = new byte[0];
  private long windowAt;

  /** Takes each frame. */
  interface Taker {
    void take(Frame frame, long offset) throws IOException;
  }

  SegmentScan(SegmentFile segment) throws IOException {
    this.segment = segment;
    this.size = segment.file().size();
  }

  /**
   * Hands out the frames up to the end, or the first place where none stands whole.
   *
   * @return that place
   */
  long run(Taker taker) throws IOException {
    long at = SegmentFile.HEAD_BYTES;
    while (at < size) {
      byte[] bytes = frameAt(at);
      if (bytes.length == 0) {
        return at;
      }
      taker.take(decode(bytes, at), at);
      at += bytes.length;
    }
    return at;
  }

  private Frame decode(byte[] bytes, long at) throws DamagedJournalException {
    try {
      return Frame.decode(bytes);
    } catch (RuntimeException unknown) {
      throw new DamagedJournalException(
          "segment %s has a frame at byte %d that this version cannot read: %s"
              .formatted(segment.name(), at, unknown));
    }
  }

  /** The whole frame at an offset; no bytes when none stands there. */
  private byte[] frameAt(long at) throws IOException {
    long length = Frame.length(bytes(at, Frame.PREFIX_BYTES), 0);
    if (length < 0 || length > size - at || length > Integer.MAX_VALUE - 8) {
      return new byte[0];
    }
    byte[] frame = bytes(at, (int) length);
    return frame.length == length && Frame.isWhole(frame, 0, frame.length, at)
        ? frame
        : new byte[0];
  }

  /**
   * Whether what stands at {@code hole} was once whole on the device: then a later frame says that
   * the file was synced beyond it. Otherwise the hole is what a stop of process or machine leaves.
   */
  boolean wasWhole(long hole) throws IOException {
    for (long at = hole + 1; at <= size - Frame.PREFIX_BYTES; at++) {
      byte[] chunk = bytes(at, (int) Math.min(WINDOW_BYTES, size - at));
      int found = marker(chunk);
      if (found < 0) {
        at += Math.max(0, chunk.length - Integer.BYTES);
        continue;
      }
      at += found;
      byte[] frame = frameAt(at);
      if (frame.length > 0 && Frame.synced(frame, 0) > hole) {
        return true;
      }
    }
    return false;
  }

  private static int marker(byte[] chunk) {
    var in = ByteBuffer.wrap(chunk);
    byte firstByte = (byte) (Frame.MARKER >> 24);
    for (int i = 0; i <= chunk.length - Integer.BYTES; i++) {
      if (chunk[i] == firstByte && in.getInt(i) == Frame.MARKER) {
        return i;
      }
    }
    return -1;
  }

  /** Bytes of the file, fewer at its end; small pieces come from a window of it. */
  private byte[] bytes(long at, int length) throws IOException {
    if (length >= WINDOW_BYTES) {
      return read(at, length);
    }
    if (at < windowAt || at + length > windowAt + window.length) {
      window = read(at, WINDOW_BYTES);
      windowAt = at;
    }
    int from = (int) (at - windowAt);
    return java.util.Arrays.copyOfRange(window, from, Math.min(window.length, from + length));
  }

  private byte[] read(long at, int length) throws IOException {
    byte[] bytes = new byte[(int) Math.min(length, size - at)];
    int read = segment.file().read(at, bytes);
    return read == bytes.length ? bytes : java.util.Arrays.copyOf(bytes, read);
  }
}

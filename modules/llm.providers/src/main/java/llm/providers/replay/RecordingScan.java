package llm.providers.replay;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llm.domain.error.LlmException;

/**
 * Reads a recording line by line. A line that cannot be read, such as the last one of a process
 * that was killed, is passed over and told. One thread.
 */
final class RecordingScan implements AutoCloseable {
  /** A longer line is passed over, and never written. */
  static final int MOST_LINE_BYTES = 64 * 1024 * 1024;

  private static final int READ_BYTES = 64 * 1024;

  private final InputStream in;
  private final byte[] buffer = new byte[READ_BYTES];
  private ByteArrayOutputStream line = new ByteArrayOutputStream(); // the one that is read
  private int at;
  private int limit;
  private long offset; // of the next line
  private int number; // of the last line

  /**
   * A line.
   *
   * @param number from 1
   * @param offset where it begins, in bytes
   * @param length in bytes, without its end
   * @param exchange what it tells; empty when it cannot be read
   * @param problem why not
   */
  record Line(
      int number, long offset, int length, Optional<Recorded> exchange, Optional<String> problem) {}

  private RecordingScan(InputStream in) {
    this.in = in;
  }

  /** Opens a recording. */
  static RecordingScan open(Path file) throws IOException {
    return new RecordingScan(Files.newInputStream(file));
  }

  /** The next line that is not blank; empty at the end. */
  Optional<Line> next() throws IOException {
    while (true) {
      long start = offset;
      line.reset();
      boolean ended = takeLine(start);
      if (offset == start) {
        return Optional.empty();
      }
      number++;
      long length = offset - start - (ended ? 1 : 0);
      if (length > MOST_LINE_BYTES) {
        return Optional.of(bad(start, 0, tooLong(length)));
      }
      if (length > 0) {
        return Optional.of(read(start, line.toByteArray(), ended));
      }
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private Line read(long start, byte[] line, boolean ended) {
    try {
      return new Line(
          number, start, line.length, Optional.of(RecordedReader.read(line)), Optional.empty());
    } catch (LlmException unreadable) {
      String why = ended ? unreadable.error().message() : "its writer was stopped within it";
      return bad(start, line.length, why);
    }
  }

  private static String tooLong(long length) {
    return "it has "
        + length
        + " bytes, and "
        + MOST_LINE_BYTES
        + " are the most that are read; take the line out, or record without bodies"
        + " (record_bodies: false)";
  }

  private Line bad(long start, int length, String why) {
    return new Line(number, start, length, Optional.empty(), Optional.of(why));
  }

  /** False when the file ends without the line's end. Of a line too long nothing is kept. */
  private boolean takeLine(long start) throws IOException {
    while (true) {
      if (at == limit) {
        at = 0;
        limit = Math.max(0, in.read(buffer));
        if (limit == 0) {
          return false;
        }
      }
      int from = at;
      while (at < limit && buffer[at] != '\n') {
        at++;
      }
      offset += at - from;
      if (offset - start > MOST_LINE_BYTES) {
        line = new ByteArrayOutputStream(0);
      } else {
        line.write(buffer, from, at - from);
      }
      if (at < limit) {
        at++;
        offset++;
        return true;
      }
    }
  }
}

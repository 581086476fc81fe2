package llm.providers.replay;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * The file that a recorder appends to: its owner's alone (mode 0600), and no larger than its limit.
 * A line is appended by one write, so that a crash leaves at most the last one in part; the next
 * writer begins a line of its own behind it. One thread.
 */
final class RecordingFile implements AutoCloseable {
  private static final String OWNER_ONLY = "rw-------";
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private final Path path;
  private final long maxBytes;
  private FileChannel channel; // null: not open
  private boolean torn; // the last line has no end
  private String state = "";
  private Optional<News> news = Optional.empty();

  /** What went wrong: the name of an event, and why. */
  record News(String event, String reason) {}

  /** What became of a line. */
  enum Outcome {
    WRITTEN,
    FULL,
    FAILED
  }

  RecordingFile(Path path, long maxBytes) {
    this.path = path;
    this.maxBytes = maxBytes;
  }

  /** Appends a line. */
  Outcome append(byte[] line) {
    try {
      if (channel == null) {
        channel = open();
      }
      if (channel.size() + line.length + (torn ? 1 : 0) > maxBytes) {
        become("recording_full", "record_max_bytes is " + maxBytes);
        return Outcome.FULL;
      }
      ByteBuffer out =
          torn
              ? ByteBuffer.allocate(line.length + 1).put((byte) '\n').put(line).flip()
              : ByteBuffer.wrap(line);
      torn = true;
      while (out.hasRemaining()) {
        channel.write(out);
      }
      torn = false;
      state = "";
      return Outcome.WRITTEN;
    } catch (IOException failure) {
      become("recording_failed", failure.toString());
      return Outcome.FAILED;
    }
  }

  /** What went wrong since this was asked last; each change once. */
  Optional<News> news() {
    Optional<News> told = news;
    news = Optional.empty();
    return told;
  }

  @Override
  public void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException failure) {
        become("recording_failed", failure.toString());
      }
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }

  private void become(String now, String reason) {
    if (!state.equals(now)) {
      state = now;
      news = Optional.of(new News(now, reason));
    }
  }

  private FileChannel open() throws IOException {
    Files.createDirectories(path.getParent());
    torn = isTorn();
    var options =
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    if (!POSIX) {
      return FileChannel.open(path, options);
    }
    var mode = PosixFilePermissions.fromString(OWNER_ONLY);
    FileChannel opened =
        FileChannel.open(path, options, PosixFilePermissions.asFileAttribute(mode));
    Files.setPosixFilePermissions(path, mode); // of one that was there already, too
    return opened;
  }

  /** Whether a writer before us was stopped within a line. */
  private boolean isTorn() throws IOException {
    if (!Files.exists(path) || Files.size(path) == 0) {
      return false;
    }
    try (FileChannel before = FileChannel.open(path, StandardOpenOption.READ)) {
      var last = ByteBuffer.allocate(1);
      before.read(last, before.size() - 1);
      return last.get(0) != '\n';
    }
  }
}

package llm.gpu.gguf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;

/**
 * Tells whether a file is still the one that was looked at.
 *
 * @param bytes its size
 * @param modified when it was last written
 */
public record FileMark(long bytes, Instant modified) {

  /** The mark of {@code file}; empty when it is not there or may not be seen. */
  public static Optional<FileMark> of(Path file) {
    try {
      var attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(
          new FileMark(attributes.size(), attributes.lastModifiedTime().toInstant()));
    } catch (IOException gone) {
      return Optional.empty(); // who opens it gets, and reports, the reason
    }
  }
}

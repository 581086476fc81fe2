package llm.train;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Puts a file and its hash in place, each whole or not at all, also when the process is ended. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Writes the file, and beside it with {@code .sha256} added to its name its hash as {@code
   * sha256sum} writes it.
   *
   * @return the hash in hexadecimal
   * @throws IOException when it cannot; what was there before is then still there
   */
  static String write(Path file, byte[] bytes) throws IOException {
    String hash = sha256(bytes);
    Path target = file.toAbsolutePath();
    Files.createDirectories(target.getParent());
    replace(target, bytes);
    String line = hash + "  " + target.getFileName() + "\n";
    replace(
        target.resolveSibling(target.getFileName() + ".sha256"),
        line.getBytes(StandardCharsets.UTF_8));
    return hash;
  }

  private static void replace(Path target, byte[] bytes) throws IOException {
    String name = "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".part";
    Path part = target.resolveSibling(name);
    part.toFile().deleteOnExit();
    try {
      Files.write(part, bytes);
      try {
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException unsupported) {
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java runtime has SHA-256", impossible);
    }
  }
}

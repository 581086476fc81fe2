package llm.core.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Reads a whole small file as strict UTF-8. */
final class TextFile {
  static final int MAX_BYTES = 1024 * 1024;

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private TextFile() {}

  /**
   * The text without a byte order mark.
   *
   * @param source what problems call the file
   */
  static String read(String source, Path file) throws ConfigException {
    byte[] bytes;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException _) {
      throw refused(source, "there is no such file");
    } catch (IOException failure) {
      throw refused(source, "cannot be read: " + failure.getMessage());
    }
    if (bytes.length > MAX_BYTES) {
      throw refused(source, "is larger than " + MAX_BYTES + " bytes");
    }
    return decode(source, bytes);
  }

  static String decode(String source, byte[] bytes) throws ConfigException {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
    } catch (CharacterCodingException _) {
      throw refused(source, "is not UTF-8");
    }
  }

  private static ConfigException refused(String source, String message) {
    return new ConfigException(List.of(new ConfigProblem(source, 0, "", message)));
  }
}

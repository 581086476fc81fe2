package llm.core.cache;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * A SHA-256 of values in an order: each text stands behind its length, each list behind its size
 * and each optional value behind a mark, so that two sequences that differ never look alike. Not
 * thread-safe.
 */
public final class KeyDigest {
  private static final int BUFFER_BYTES = 1_024;
  private static final int LONG_BYTES = Long.BYTES;
  private static final int WELL_FORMED = 0;
  private static final int IN_UNITS = 1;

  private final MessageDigest sha = sha256();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int size;

  /** Adds a text; any, lone surrogates included. */
  public KeyDigest text(String text) {
    boolean isWellFormed = isWellFormed(text);
    byte[] bytes = isWellFormed ? text.getBytes(StandardCharsets.UTF_8) : units(text);
    number((long) bytes.length << 1 | (isWellFormed ? WELL_FORMED : IN_UNITS));
    if (bytes.length <= BUFFER_BYTES) {
      room(bytes.length);
      System.arraycopy(bytes, 0, buffer, size, bytes.length);
      size += bytes.length;
    } else {
      flush();
      sha.update(bytes);
    }
    return this;
  }

  /** Adds a number, or what stands for an alternative. */
  public KeyDigest number(long number) {
    room(LONG_BYTES);
    for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      buffer[size++] = (byte) (number >>> shift);
    }
    return this;
  }

  /** Adds a number with a fraction. */
  public KeyDigest number(double number) {
    return number(Double.doubleToLongBits(number));
  }

  /** Adds true or false. */
  public KeyDigest flag(boolean flag) {
    room(1);
    buffer[size++] = (byte) (flag ? 1 : 0);
    return this;
  }

  /** Adds a value that may be missing. */
  public <T> KeyDigest optional(Optional<T> value, BiConsumer<KeyDigest, T> adding) {
    flag(value.isPresent());
    value.ifPresent(there -> adding.accept(this, there));
    return this;
  }

  /** Adds values in their order. */
  public <T> KeyDigest all(Collection<T> values, BiConsumer<KeyDigest, T> adding) {
    number(values.size());
    values.forEach(value -> adding.accept(this, value));
    return this;
  }

  /** The digest in hex; nothing is added afterwards. */
  public String hex() {
    flush();
    return HexFormat.of().formatHex(sha.digest());
  }

  private void room(int bytes) {
    if (size + bytes > BUFFER_BYTES) {
      flush();
    }
  }

  private void flush() {
    sha.update(buffer, 0, size);
    size = 0;
  }

  private static boolean isWellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        boolean isPair =
            Character.isHighSurrogate(text.charAt(i))
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!isPair) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /**
   * Two bytes a character, whatever it is: an encoder would put a mark for what is no character.
   */
  private static byte[] units(String text) {
    var bytes = new byte[text.length() * 2];
    for (int i = 0; i < text.length(); i++) {
      bytes[2 * i] = (byte) (text.charAt(i) >>> Byte.SIZE);
      bytes[2 * i + 1] = (byte) text.charAt(i);
    }
    return bytes;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("each JDK has SHA-256", impossible);
    }
  }
}

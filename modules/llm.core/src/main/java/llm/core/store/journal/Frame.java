package llm.core.store.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogKey;

/**
 * One change of a log, whole or not there. On disk, numbers big-endian:
 *
 * <pre>
 * marker 4 | length of the body 4 | CRC-32C 4 | synced 8 | body
 * body: kind 1 | changed at 8 | position 8 | identity 16 | key | head | count 4 | records
 * key: length 2, ASCII        head, record: length 4 (a missing head: -1), UTF-8
 * </pre>
 *
 * The identity is there where bit {@link #WITH_IDENTITY} of the kind is set: in the frame that
 * makes a log and in its snapshots, so that one of them is always live. A version that knows no
 * identities cannot read such a frame, and says so.
 *
 * <p>The checksum covers the frame's offset in the file, {@code synced} and the body. {@code
 * synced} is how much of the file was surely on the device when the frame was written: with it, a
 * hole that the machine's stop left can be told from damage.
 *
 * @param changedAtMillis the log's time, since 1970
 * @param identity the log's, or none
 * @param position of the first record; of a snapshot: of the last record it stands for
 * @param records of an append; a snapshot's one text; none of a removal
 */
record Frame(
    Kind kind,
    long changedAtMillis,
    LogKey key,
    LogIdentity identity,
    long position,
    Optional<byte[]> head,
    List<byte[]> records) {
  /** What changed. */
  enum Kind {
    APPEND,
    SNAPSHOT,
    DELETE
  }

  /** Bytes before the body. */
  static final int PREFIX_BYTES = 20;

  /** Bytes before a record's text. */
  static final int RECORD_PREFIX_BYTES = 4;

  /** No text has these bytes: they are in no UTF-8. */
  static final int MARKER = 0xF5C0FFC1;

  private static final int MARKER_AND_LENGTH = 8;
  private static final int WITH_IDENTITY = 0x10; // of a kind
  private static final int IDENTITY_BYTES = 16;
  private static final Kind[] KINDS = Kind.values();

  /** Of a log that is removed. */
  static Frame removal(LogKey key, long changedAtMillis) {
    return new Frame(
        Kind.DELETE, changedAtMillis, key, LogIdentity.NONE, 0, Optional.empty(), List.of());
  }

  /** How long it is on disk. */
  int bytes() {
    int sum = firstRecordAt();
    for (byte[] record : records) {
      sum += RECORD_PREFIX_BYTES + record.length;
    }
    return sum;
  }

  /** Where the first record's length is, from the frame's begin. */
  int firstRecordAt() {
    return PREFIX_BYTES
        + 1
        + 8
        + 8
        + (identity.isNone() ? 0 : IDENTITY_BYTES)
        + 2
        + key.space().length()
        + 1
        + key.id().length()
        + 4
        + head.map(h -> h.length).orElse(0)
        + 4;
  }

  /**
   * As it is written at an offset.
   *
   * @param synced how much of the file is on the device
   */
  byte[] encode(long offset, long synced) {
    byte[] bytes = new byte[bytes()];
    var out = ByteBuffer.wrap(bytes);
    out.putInt(MARKER).putInt(bytes.length - PREFIX_BYTES).putInt(0).putLong(synced);
    int known = identity.isNone() ? 0 : WITH_IDENTITY;
    out.put((byte) (kind.ordinal() | known)).putLong(changedAtMillis).putLong(position);
    if (known != 0) {
      UUID value = identity.value();
      out.putLong(value.getMostSignificantBits()).putLong(value.getLeastSignificantBits());
    }
    byte[] name = key.toString().getBytes(US_ASCII);
    out.putShort((short) name.length).put(name);
    out.putInt(head.map(h -> h.length).orElse(-1));
    head.ifPresent(out::put);
    out.putInt(records.size());
    records.forEach(record -> out.putInt(record.length).put(record));
    out.putInt(MARKER_AND_LENGTH, checksum(offset, bytes, 0, bytes.length));
    return bytes;
  }

  /**
   * The length of the frame that begins here, by its own word.
   *
   * @param bytes {@link #PREFIX_BYTES} of them from {@code from} on, or more
   * @return -1 when none begins here
   */
  static long length(byte[] bytes, int from) {
    var in = ByteBuffer.wrap(bytes, from, PREFIX_BYTES);
    int marker = in.getInt();
    int body = in.getInt();
    return marker == MARKER && body > 0 ? (long) PREFIX_BYTES + body : -1;
  }

  /** Whether the bytes are what was written at that offset of the file. */
  static boolean isWhole(byte[] bytes, int from, int length, long offset) {
    int given = ByteBuffer.wrap(bytes).getInt(from + MARKER_AND_LENGTH);
    return given == checksum(offset, bytes, from, length);
  }

  /** How much of the file was on the device when this frame was written. */
  static long synced(byte[] bytes, int from) {
    return ByteBuffer.wrap(bytes).getLong(from + MARKER_AND_LENGTH + 4);
  }

  /**
   * Reads a frame that is whole; it keeps none of the bytes.
   *
   * @throws RuntimeException when it is none of this version after all
   */
  static Frame decode(byte[] bytes, int from, int length) {
    var in = ByteBuffer.wrap(bytes, from + PREFIX_BYTES, length - PREFIX_BYTES);
    byte first = in.get();
    Kind kind = KINDS[first & ~WITH_IDENTITY];
    long changedAt = in.getLong();
    long position = in.getLong();
    boolean known = (first & WITH_IDENTITY) != 0;
    LogIdentity identity =
        known ? new LogIdentity(new UUID(in.getLong(), in.getLong())) : LogIdentity.NONE;
    String name = new String(take(in, in.getShort()), US_ASCII);
    int slash = name.indexOf('/');
    var key = new LogKey(name.substring(0, slash), name.substring(slash + 1));
    int headLength = in.getInt();
    Optional<byte[]> head = headLength < 0 ? Optional.empty() : Optional.of(take(in, headLength));
    int count = in.getInt();
    var records = new ArrayList<byte[]>();
    for (int i = 0; i < count; i++) {
      records.add(take(in, in.getInt()));
    }
    return new Frame(kind, changedAt, key, identity, position, head, records);
  }

  private static byte[] take(ByteBuffer in, int length) {
    byte[] taken = new byte[length];
    in.get(taken);
    return taken;
  }

  private static int checksum(long offset, byte[] bytes, int from, int length) {
    var crc = new CRC32C();
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(0, offset));
    crc.update(bytes, from + MARKER_AND_LENGTH + 4, length - MARKER_AND_LENGTH - 4);
    return (int) crc.getValue();
  }
}

package llm.core.store.journal;

import java.io.IOException;
import java.util.zip.CRC32C;

/**
 * Where a record's text lies.
 *
 * @param offset of the text, in the file
 * @param length in bytes
 * @param checksum CRC-32C of the text
 */
record Place(SegmentFile segment, int offset, int length, int checksum) {

  static int checksum(byte[] text) {
    var crc = new CRC32C();
    crc.update(text, 0, text.length);
    return (int) crc.getValue();
  }

  /**
   * Reads the text.
   *
   * @throws IOException when it cannot be read, or is not what was written
   */
  byte[] read() throws IOException {
    byte[] text = new byte[length];
    if (segment.file().read(offset, text) < length || checksum(text) != checksum) {
      throw new DamagedJournalException(
          "segment " + segment.name() + " is damaged in the record at byte " + offset);
    }
    return text;
  }
}

package llm.core.store.journal;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * The folder of a journal. Names are those of files in it, made by the journal alone. A seam: tests
 * put a disk here that stops in the middle of a write.
 */
interface Disk extends Closeable {

  /** An open file. Reads may come from several threads at once; an interrupt does not close it. */
  interface DiskFile extends Closeable {
    /** Its length in bytes. */
    long size() throws IOException;

    /**
     * Reads as much as there is, up to the array's length.
     *
     * @return how many bytes were read
     */
    int read(long at, byte[] into) throws IOException;

    /** Writes all of it. */
    void write(long at, byte[] bytes) throws IOException;

    /** Returns once everything written is on the device. */
    void sync() throws IOException;

    /** Cuts off what is behind {@code size}. */
    void truncate(long size) throws IOException;

    @Override
    void close() throws IOException;
  }

  /** The names of the files, in no order. */
  List<String> list() throws IOException;

  /** Opens a file for reading and writing; makes an empty one when there is none. */
  DiskFile open(String name) throws IOException;

  /** Gives a file another name, in place of one that has it, at once or not at all. */
  void rename(String from, String to) throws IOException;

  /** Removes a file, if there. */
  void delete(String name) throws IOException;

  /** Returns once new, renamed and removed names are on the device. */
  void syncNames() throws IOException;

  /** Bytes that may still be written. */
  long free() throws IOException;

  /** Where it is, for messages. */
  String place();
}

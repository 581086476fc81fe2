package llm.core.store.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * A folder of the file system, held by one process: a lock on its file {@code lock}, which the
 * system releases however the process ends.
 */
final class FolderDisk implements Disk {
  private static final String LOCK = "lock";
  private static final FileAttribute<?> OWNER_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path folder;
  private final FileChannel lockFile;
  private final FileLock lock;
  private final boolean posix;

  private FolderDisk(Path folder, FileChannel lockFile, FileLock lock) {
    this.folder = folder;
    this.lockFile = lockFile;
    this.lock = lock;
    this.posix = isPosix(folder);
  }

  /**
   * Makes the folder, readable by this user alone, where it is missing, and locks it.
   *
   * @throws IOException with a sentence that names the folder
   */
  static FolderDisk open(Path folder) throws IOException {
    FileChannel file = null;
    try {
      make(folder);
      file =
          FileChannel.open(
              folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = file.tryLock();
      if (lock != null) {
        return new FolderDisk(folder, file, lock);
      }
    } catch (OverlappingFileLockException sameProcess) {
      file.close();
      throw inUse(folder, sameProcess);
    } catch (IOException refused) {
      throw new IOException(
          "the journal's folder " + folder + " cannot be used: " + refused, refused);
    }
    file.close();
    throw inUse(folder, null);
  }

  private static IOException inUse(Path folder, Throwable cause) {
    return new IOException(
        "another process uses the journal in "
            + folder
            + "; give each server a store.data_dir of its own, or share a Redis (redis.host)",
        cause);
  }

  private static void make(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Files.createDirectories(folder);
    if (isPosix(folder)) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private static boolean isPosix(Path folder) {
    return folder.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  @Override
  public List<String> list() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Override
  public DiskFile open(String name) throws IOException {
    Path file = folder.resolve(name);
    if (posix && !Files.exists(file)) {
      Files.createFile(file, OWNER_ALONE);
    }
    return new OpenFile(new RandomAccessFile(file.toFile(), "rw"));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Files.move(folder.resolve(from), folder.resolve(to), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(folder.resolve(name));
  }

  @Override
  public void syncNames() throws IOException {
    if (posix) {
      try (var names = FileChannel.open(folder, StandardOpenOption.READ)) {
        names.force(true);
      }
    }
  }

  @Override
  public long free() throws IOException {
    return Files.getFileStore(folder).getUsableSpace();
  }

  @Override
  public String place() {
    return folder.toString();
  }

  @Override
  public void close() throws IOException {
    lock.release();
    lockFile.close();
  }

  /** By RandomAccessFile: an interrupt closes a FileChannel, for all who use it. */
  private static final class OpenFile implements DiskFile {
    private final ReentrantLock lock = new ReentrantLock(); // guards the file's pointer
    private final RandomAccessFile file;

    private OpenFile(RandomAccessFile file) {
      this.file = file;
    }

    @Override
    public long size() throws IOException {
      return file.length();
    }

    @Override
    public int read(long at, byte[] into) throws IOException {
      lock.lock();
      try {
        file.seek(at);
        int done = 0;
        while (done < into.length) {
          int more = file.read(into, done, into.length - done);
          if (more < 0) {
            break;
          }
          done += more;
        }
        return done;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void write(long at, byte[] bytes) throws IOException {
      lock.lock();
      try {
        file.seek(at);
        file.write(bytes);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void sync() throws IOException {
      file.getFD().sync();
    }

    @Override
    public void truncate(long size) throws IOException {
      file.setLength(size);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}

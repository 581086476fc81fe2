package llm.gpu.prefix;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.gpu.adapter.AdapterSet;
import llm.gpu.llama.SequenceStates;

/**
 * Kept prefixes on disk, a file each, so that they survive an unload and a restart. A cache: what
 * cannot be read or does not fit is left out, and nothing waits for the disk to be sure.
 *
 * <p>A file is written beside its place and moved there when it is whole; its bytes are checked
 * when it is read ({@link StateFile}). The folder is trusted as the models' files are: nobody else
 * should write to it. One thread at a time for one model.
 */
public final class PrefixStore {
  private static final String SUFFIX = ".prefix";
  private static final String UNFINISHED = ".tmp";
  private static final Pattern OURS =
      Pattern.compile("[0-9a-f]+-([0-9]{1,4})(?:-[0-9]+\\.tmp|\\.prefix)");
  private static final int CHUNK_BYTES = 1 << 20;

  private final Path folder;
  private final long maxBytes;

  /**
   * A store in {@code folder}, which is made when something is saved.
   *
   * @param maxBytes the most bytes of all files together; the oldest are deleted
   */
  public PrefixStore(Path folder, long maxBytes) {
    this.folder = folder;
    this.maxBytes = maxBytes;
  }

  /**
   * Saves what a cache keeps, the most recently used first, as far as there is room and time.
   *
   * @param stop asked between files
   * @return how many were saved
   * @throws IOException when the folder cannot be written
   */
  public int save(Origin origin, PrefixCache cache, SequenceStates states, BooleanSupplier stop)
      throws IOException {
    Files.createDirectories(folder);
    String prefix = StateFile.name(origin);
    for (Path old : files(prefix, UNFINISHED)) {
      Files.deleteIfExists(old); // of a process that ended in the middle of it
    }
    for (Path old : files(prefix, SUFFIX)) {
      Files.deleteIfExists(old); // what is kept now is newer
    }
    long room = maxBytes;
    int saved = 0;
    for (TokenSequence sequence : cache.kept().reversed()) {
      long bytes =
          StateFile.size(
              sequence.computed(), sequence.adapters(), states.stateBytes(sequence.id()));
      if (bytes <= room && !stop.getAsBoolean()) {
        long written = write(prefix + "-" + saved, origin, sequence, states);
        room -= written;
        saved += written > 0 ? 1 : 0;
      }
    }
    for (PrefixShelf.Entry entry : cache.shelf().entries()) {
      long bytes = StateFile.size(entry.count(), entry.adapters(), entry.state().byteSize());
      if (bytes <= room && !stop.getAsBoolean()) {
        long written =
            write(prefix + "-" + saved, origin, entry.tokens(), entry.adapters(), entry.state());
        room -= written;
        saved += written > 0 ? 1 : 0;
      }
    }
    deleteOldest();
    return saved;
  }

  /**
   * What {@link #restore} did.
   *
   * @param restored prefixes that are in memory again
   * @param refused files that were removed: damaged, of another form, or of a model that has the
   *     same name and other content
   */
  public record Restored(int restored, int refused) {}

  /**
   * Fills a cache with what was saved of {@code origin}, the most recently used first, as far as
   * there is room.
   *
   * @throws IOException when the folder cannot be read
   */
  public Restored restore(Origin origin, PrefixCache cache) throws IOException {
    if (!Files.isDirectory(folder)) {
      return new Restored(0, 0);
    }
    int restored = 0;
    int refused = 0;
    for (Path file : files(StateFile.name(origin), SUFFIX)) {
      try (Arena arena = Arena.ofConfined()) {
        var whole = StateFile.parse(origin, read(file, arena));
        if (whole.isEmpty()) {
          Files.deleteIfExists(file);
          refused++;
        } else {
          StateFile.Content saved = whole.get();
          boolean kept = cache.adopt(saved.tokens(), saved.adapters(), saved.state());
          restored += kept ? 1 : 0;
        }
      }
    }
    return new Restored(restored, refused);
  }

  /** Returns the file's bytes; 0 when there is none, because llama.cpp gives no state. */
  private long write(String name, Origin origin, TokenSequence sequence, SequenceStates states)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(states.stateBytes(sequence.id()));
      return states.saveState(sequence.id(), state)
          ? write(name, origin, sequence.computedTokens(), sequence.adapters(), state)
          : 0;
    }
  }

  /** The same; 0 where the model has not all of the adapters. */
  private long write(
      String name, Origin origin, int[] tokens, AdapterSet adapters, MemorySegment state)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> parts = StateFile.parts(origin, tokens, adapters, state, arena);
      if (parts.isEmpty()) {
        return 0;
      }
      Path file = folder.resolve(name + SUFFIX);
      Path unfinished = Files.createTempFile(folder, name + "-", UNFINISHED);
      try {
        try (var channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
          for (MemorySegment part : parts) {
            write(part, channel);
          }
        }
        Files.move(
            unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(unfinished);
      }
      return Files.size(file);
    }
  }

  private static void write(MemorySegment bytes, FileChannel channel) throws IOException {
    for (long from = 0; from < bytes.byteSize(); from += CHUNK_BYTES) {
      long length = Math.min(CHUNK_BYTES, bytes.byteSize() - from);
      ByteBuffer chunk = bytes.asSlice(from, length).asByteBuffer();
      while (chunk.hasRemaining()) {
        channel.write(chunk);
      }
    }
  }

  private static MemorySegment read(Path file, Arena arena) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment bytes = arena.allocate(channel.size(), Long.BYTES);
      long from = 0;
      while (from < bytes.byteSize()) {
        long length = Math.min(CHUNK_BYTES, bytes.byteSize() - from);
        int count = channel.read(bytes.asSlice(from, length).asByteBuffer());
        if (count < 0) {
          return MemorySegment.NULL; // it became shorter meanwhile
        }
        from += count;
      }
      return bytes;
    }
  }

  /** Our files whose names begin and end so; whole ones most recently used first. */
  private List<Path> files(String prefix, String suffix) throws IOException {
    try (var all = Files.list(folder)) {
      return all.filter(file -> isOurs(file, prefix, suffix))
          .sorted(Comparator.comparingInt(PrefixStore::number))
          .toList();
    }
  }

  private static boolean isOurs(Path file, String prefix, String suffix) {
    String name = file.getFileName().toString();
    return name.startsWith(prefix) && name.endsWith(suffix) && OURS.matcher(name).matches();
  }

  private static int number(Path file) {
    Matcher name = OURS.matcher(file.getFileName().toString());
    return name.matches() ? Integer.parseInt(name.group(1)) : 0;
  }

  private void deleteOldest() throws IOException {
    record Aged(Path file, FileTime time, long bytes) {}
    List<Aged> all = new ArrayList<>();
    for (Path file : files("", "")) {
      try {
        all.add(new Aged(file, Files.getLastModifiedTime(file), Files.size(file)));
      } catch (NoSuchFileException _) {
        continue; // another model's save was quicker
      }
    }
    all.sort(Comparator.comparing(Aged::time));
    long total = all.stream().mapToLong(Aged::bytes).sum();
    for (Aged oldest : all) {
      if (total <= maxBytes) {
        return;
      }
      Files.deleteIfExists(oldest.file());
      total -= oldest.bytes();
    }
  }
}

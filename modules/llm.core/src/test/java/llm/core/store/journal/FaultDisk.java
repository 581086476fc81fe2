package llm.core.store.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A disk in memory that stops in the middle of any change, and shows what is left then: after the
 * end of the process all that was written, after a power cut what was synced and any part of the
 * rest.
 */
final class FaultDisk implements Disk {
  private static final int BLOCK = 16; // the device writes blocks of it, or not

  private TreeMap<String, Content> names = new TreeMap<>();
  private TreeMap<String, Content> syncedNames = new TreeMap<>();
  private final List<TreeMap<String, Content>> namesSince = new ArrayList<>();
  private long steps; // a byte written is one, any other change is one
  private long stopAt = Long.MAX_VALUE;
  private long free = Long.MAX_VALUE;
  private int syncs;

  /** The machine is gone. */
  static final class Stopped extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** What a file holds, and what of it is on the device. */
  private static final class Content {
    private byte[] bytes = new byte[0];
    private byte[] synced = new byte[0];

    private Content copy(byte[] of) {
      var copy = new Content();
      copy.bytes = of.clone();
      copy.synced = of.clone();
      return copy;
    }
  }

  /** Stops before the change that makes it more than these. */
  FaultDisk stopAfter(long mostSteps) {
    stopAt = mostSteps;
    return this;
  }

  /** From now on no more bytes fit than these; until it is told otherwise. */
  void fill(long bytes) {
    free = bytes;
    stopAt = steps + bytes;
  }

  /** There is room again. */
  void makeRoom() {
    free = Long.MAX_VALUE;
    stopAt = Long.MAX_VALUE;
  }

  long steps() {
    return steps;
  }

  /** How often a file was synced. */
  int syncs() {
    return syncs;
  }

  /** What the next process finds. */
  FaultDisk afterKill() {
    var left = new FaultDisk();
    names.forEach((name, file) -> left.names.put(name, file.copy(file.bytes)));
    left.syncedNames = new TreeMap<>(left.names);
    return left;
  }

  /** What the next start of the machine finds, by chance. */
  FaultDisk afterPowerCut(Random random) {
    var left = new FaultDisk();
    int until = random.nextInt(namesSince.size() + 1);
    Map<String, Content> kept = until == 0 ? syncedNames : namesSince.get(until - 1);
    kept.forEach((name, file) -> left.names.put(name, file.copy(torn(file, random))));
    left.syncedNames = new TreeMap<>(left.names);
    return left;
  }

  private static byte[] torn(Content file, Random random) {
    int least = Math.min(file.bytes.length, file.synced.length);
    int most = Math.max(file.bytes.length, file.synced.length);
    int size =
        random.nextInt(3) == 0 ? file.bytes.length : least + random.nextInt(most - least + 1);
    byte[] left = Arrays.copyOf(file.synced, size);
    for (int at = 0; at < size; at += BLOCK) {
      if (random.nextBoolean() && at < file.bytes.length) {
        int length = Math.min(Math.min(BLOCK, size - at), file.bytes.length - at);
        System.arraycopy(file.bytes, at, left, at, length);
      }
    }
    return left;
  }

  private void step() throws Stopped {
    if (steps >= stopAt) {
      throw new Stopped();
    }
    steps++;
  }

  private void noteNames() {
    namesSince.add(new TreeMap<>(names));
  }

  @Override
  public List<String> list() {
    return List.copyOf(names.keySet());
  }

  @Override
  public DiskFile open(String name) throws IOException {
    if (!names.containsKey(name)) {
      step();
      names.put(name, new Content());
      noteNames();
    }
    return new MemoryFile(names.get(name));
  }

  private boolean isFull() {
    return free < Long.MAX_VALUE;
  }

  @Override
  public void rename(String from, String to) throws IOException {
    step();
    names.put(to, names.remove(from));
    noteNames();
  }

  @Override
  public void delete(String name) throws IOException {
    step();
    names.remove(name);
    noteNames();
  }

  @Override
  public void syncNames() throws IOException {
    step();
    syncedNames = new TreeMap<>(names);
    namesSince.clear();
  }

  @Override
  public long free() {
    return free;
  }

  @Override
  public String place() {
    return "memory";
  }

  @Override
  public void close() {}

  private final class MemoryFile implements DiskFile {
    private final Content content;

    private MemoryFile(Content content) {
      this.content = content;
    }

    @Override
    public long size() {
      return content.bytes.length;
    }

    @Override
    public int read(long at, byte[] into) {
      int length = (int) Math.max(0, Math.min(into.length, content.bytes.length - at));
      System.arraycopy(content.bytes, (int) at, into, 0, length);
      return length;
    }

    @Override
    public void write(long at, byte[] bytes) throws IOException {
      int length = (int) Math.min(bytes.length, stopAt - steps);
      int end = (int) at + length;
      if (end > content.bytes.length) {
        content.bytes = Arrays.copyOf(content.bytes, end);
      }
      System.arraycopy(bytes, 0, content.bytes, (int) at, length);
      steps += length;
      if (length < bytes.length) {
        throw new Stopped();
      }
    }

    @Override
    public void sync() throws IOException {
      if (!isFull()) {
        step();
      }
      syncs++;
      content.synced = content.bytes.clone();
    }

    @Override
    public void truncate(long size) throws IOException {
      if (!isFull()) {
        step();
      }
      content.bytes = Arrays.copyOf(content.bytes, (int) size);
    }

    @Override
    public void close() {}
  }
}

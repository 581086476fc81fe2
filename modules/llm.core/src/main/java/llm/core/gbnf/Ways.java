package llm.core.gbnf;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Pairs of a node and a frame, each once. One thread. */
final class Ways {
  /** Nodes of a grammar fit into these bits. */
  private static final int NODE_BITS = 18;

  private static final int MOST_INSERTED = 32;

  private int[] nodes = new int[64];
  private Frame[] frames = new Frame[64];
  private int count;
  private long[] table = new long[256]; // keys + 1, open addressing
  private int tableMask = 255;

  int count() {
    return count;
  }

  int node(int index) {
    return nodes[index];
  }

  Frame frame(int index) {
    return frames[index];
  }

  void clear() {
    Arrays.fill(frames, 0, count, null);
    count = 0;
    if (table.length > 4096) {
      table = new long[256];
      tableMask = 255;
    } else {
      Arrays.fill(table, 0);
    }
  }

  /** Adds a pair; whether it was not there. */
  boolean add(int node, Frame frame) {
    long key = key(node, frame) + 1; // 0 is a free place
    if (!mark(key)) {
      return false;
    }
    if (count == nodes.length) {
      nodes = Arrays.copyOf(nodes, count * 2);
      frames = Arrays.copyOf(frames, count * 2);
    }
    nodes[count] = node;
    frames[count++] = frame;
    return true;
  }

  /** Puts the pairs in order, by frame and node. */
  void sort() {
    if (count > MOST_INSERTED) {
      sortMany();
      return;
    }
    for (int i = 1; i < count; i++) {
      int node = nodes[i];
      Frame frame = frames[i];
      long key = key(node, frame);
      int at = i;
      for (; at > 0 && key(nodes[at - 1], frames[at - 1]) > key; at--) {
        nodes[at] = nodes[at - 1];
        frames[at] = frames[at - 1];
      }
      nodes[at] = node;
      frames[at] = frame;
    }
  }

  private void sortMany() {
    long[] keys = new long[count];
    Map<Long, Frame> byId = new HashMap<>();
    for (int i = 0; i < count; i++) {
      keys[i] = key(nodes[i], frames[i]);
      byId.put(frames[i].id(), frames[i]);
    }
    Arrays.sort(keys);
    for (int i = 0; i < count; i++) {
      nodes[i] = (int) (keys[i] & (1 << NODE_BITS) - 1);
      frames[i] = byId.get(keys[i] >>> NODE_BITS);
    }
  }

  int[] copyNodes() {
    return Arrays.copyOf(nodes, count);
  }

  Frame[] copyFrames() {
    return Arrays.copyOf(frames, count);
  }

  private static long key(int node, Frame frame) {
    return frame.id() << NODE_BITS | node;
  }

  private boolean mark(long key) {
    if (count * 2 >= table.length) {
      grow();
    }
    int at = slot(key);
    while (table[at] != 0) {
      if (table[at] == key) {
        return false;
      }
      at = at + 1 & tableMask;
    }
    table[at] = key;
    return true;
  }

  private void grow() {
    long[] old = table;
    table = new long[old.length * 2];
    tableMask = table.length - 1;
    for (long key : old) {
      if (key != 0) {
        int at = slot(key);
        while (table[at] != 0) {
          at = at + 1 & tableMask;
        }
        table[at] = key;
      }
    }
  }

  private int slot(long key) {
    long mixed = key * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 40) & tableMask;
  }
}

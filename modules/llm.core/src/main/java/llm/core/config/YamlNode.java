package llm.core.config;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A file's content with the line of everything. */
sealed interface YamlNode {
  /** From 1. */
  int line();

  /** Text, whatever YAML would make of it; {@code isNull} for {@code ~} and for nothing at all. */
  record Scalar(String text, boolean isNull, int line) implements YamlNode {}

  /** A list. */
  record Sequence(List<YamlNode> items, int line) implements YamlNode {}

  /** Keys and values in file order, which remembers what was asked for. */
  final class Mapping implements YamlNode {
    private final int line;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Set<String> read = new LinkedHashSet<>();
    private boolean opened;

    /** A value and the line of its key. */
    record Entry(int keyLine, YamlNode value) {}

    Mapping(int line) {
      this.line = line;
    }

    @Override
    public int line() {
      return line;
    }

    /** Keeps the first of two entries of one key. */
    Optional<Entry> putIfAbsent(String key, Entry entry) {
      return Optional.ofNullable(entries.putIfAbsent(key, entry));
    }

    /** The entry, now known to be wanted; empty when absent or null. */
    Optional<Entry> take(String key) {
      read.add(key);
      return Optional.ofNullable(entries.get(key))
          .filter(entry -> !(entry.value() instanceof Scalar scalar && scalar.isNull()));
    }

    Map<String, Entry> entries() {
      return entries;
    }

    boolean isRead(String key) {
      return read.contains(key);
    }

    /** A section was made of it: keys that stay unread are errors. */
    void open() {
      opened = true;
    }

    boolean isOpened() {
      return opened;
    }
  }
}

package llm.core.context;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * What a conversation must not forget: facts, decisions, files that were read. It is kept beside
 * the summary, carried by us and not by a model, so any number of handovers leaves it as it is.
 *
 * <p>Bounded: with too many characters the oldest entries are left out, facts first, then files,
 * decisions last, and the count of those is told. Immutable.
 *
 * @param entries in the order they came, each once
 * @param dropped how many were left out for want of room
 */
public record Ledger(List<Entry> entries, int dropped) {
  /** Nothing. */
  public static final Ledger EMPTY = new Ledger(List.of(), 0);

  /** The most characters of one entry; the rest is cut. */
  public static final int MAX_ENTRY_CHARS = 400;

  /** What an entry is. In the order in which they are given up. */
  public enum Kind {
    /** Something that is so. */
    FACT,
    /** A file whose content was read. */
    FILE,
    /** Something that was decided. */
    DECISION;

    /** The word before an entry's text. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The kind of this word, whatever its case; empty when it is none. */
    public static Optional<Kind> of(String word) {
      for (Kind kind : values()) {
        if (kind.name().equalsIgnoreCase(word)) {
          return Optional.of(kind);
        }
      }
      return Optional.empty();
    }
  }

  /**
   * One thing not to forget.
   *
   * @param kind what it is
   * @param text one line, 1 to {@link #MAX_ENTRY_CHARS} characters
   */
  public record Entry(Kind kind, String text) {
    /** Makes one line of it and cuts what is too long; rejects blank text. */
    public Entry {
      String line = text.strip().replaceAll("\\s+", " ");
      if (line.isEmpty()) {
        throw new IllegalArgumentException("an entry has text");
      }
      text = cut(line);
    }

    private static String cut(String line) {
      if (line.length() <= MAX_ENTRY_CHARS) {
        return line;
      }
      int end = Character.isHighSurrogate(line.charAt(MAX_ENTRY_CHARS - 2)) ? 2 : 1;
      return line.substring(0, MAX_ENTRY_CHARS - end) + "…";
    }
  }

  /** Copies the list. */
  public Ledger {
    entries = List.copyOf(entries);
  }

  /**
   * With these entries too, those that are there already left out.
   *
   * @param maxChars the most characters of all texts
   */
  public Ledger with(List<Entry> more, int maxChars) {
    SequencedSet<Entry> all = new LinkedHashSet<>(entries);
    all.addAll(more);
    if (all.size() == entries.size()) {
      return this;
    }
    List<Entry> kept = new ArrayList<>(all);
    int chars = kept.stream().mapToInt(entry -> entry.text().length()).sum();
    int left = dropped;
    for (Kind kind : Kind.values()) {
      for (int i = 0; i < kept.size() && chars > maxChars; ) {
        if (kept.get(i).kind() == kind) {
          chars -= kept.remove(i).text().length();
          left++;
        } else {
          i++;
        }
      }
    }
    return new Ledger(kept, left);
  }

  /** Whether there is nothing in it. */
  public boolean isEmpty() {
    return entries.isEmpty() && dropped == 0;
  }

  /** As part of a prompt: a line each, the same bytes for the same entries. */
  public String render() {
    var out = new StringBuilder();
    for (Entry entry : entries) {
      out.append("- ").append(entry.kind().word()).append(": ").append(entry.text()).append('\n');
    }
    if (dropped > 0) {
      out.append("- (").append(dropped).append(" older entries are left out)\n");
    }
    return out.toString();
  }

  /**
   * The entries among the lines of a text that look as {@link #render} writes them: a model is
   * asked for its summary with such lines at the end, and one that gives none loses nothing.
   */
  public static List<Entry> parse(String text) {
    List<Entry> found = new ArrayList<>();
    for (String line : text.split("\\R")) {
      entry(line).ifPresent(found::add);
    }
    return found;
  }

  /** The text without the lines that {@link #parse} takes. */
  public static String withoutEntries(String text) {
    var out = new StringBuilder();
    for (String line : text.split("\\R")) {
      if (entry(line).isEmpty()) {
        out.append(line).append('\n');
      }
    }
    return out.toString().strip();
  }

  private static Optional<Entry> entry(String line) {
    String bare = line.strip();
    int colon = bare.indexOf(':');
    if (colon < 0 || bare.length() < 2 || "-*".indexOf(bare.charAt(0)) < 0) {
      return Optional.empty();
    }
    String text = bare.substring(colon + 1).strip();
    return text.isEmpty()
        ? Optional.empty()
        : Kind.of(bare.substring(1, colon).strip()).map(kind -> new Entry(kind, text));
  }
}

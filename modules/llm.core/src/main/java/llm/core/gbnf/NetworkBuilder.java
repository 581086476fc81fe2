package llm.core.gbnf;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds the nodes of all rules, each piece from its end: what is behind it is there already, so
 * that alternatives share it. Characters become the bytes of UTF-8, and a repetition of at most n
 * becomes a chain in which a text has one way only.
 */
final class NetworkBuilder {
  /** The most nodes of a grammar. */
  static final int MOST_NODES = 200_000;

  private static final int MOST_WORK = 2_000_000; // pieces built, which may be empty

  private final Map<String, Piece.Rule> rules;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final int[] entries;
  private final List<ByteSet> sets = new ArrayList<>();
  private final Map<ByteSet, Integer> setNumbers = new HashMap<>();
  private byte[] kinds = new byte[256];
  private int[] to = new int[256];
  private int[] other = new int[256];
  private int size;
  private int work;
  private Piece.Rule current;

  NetworkBuilder(Map<String, Piece.Rule> rules) throws GbnfException {
    this.rules = rules;
    this.entries = new int[rules.size()];
    for (String name : rules.keySet()) {
      numbers.put(name, numbers.size());
    }
    for (Piece.Rule rule : rules.values()) {
      current = rule;
      int end = node(Network.END, 0, numbers.get(rule.name()));
      entries[numbers.get(rule.name())] = build(rule.body(), end);
    }
  }

  /** The number of a rule, by which nodes know it. */
  int number(String rule) {
    return numbers.get(rule);
  }

  /** Rules in the order of their numbers. */
  List<Piece.Rule> rules() {
    return List.copyOf(rules.values());
  }

  int size() {
    return size;
  }

  byte[] kinds() {
    return kinds;
  }

  int[] to() {
    return to;
  }

  int[] other() {
    return other;
  }

  List<ByteSet> sets() {
    return sets;
  }

  int[] entries() {
    return entries;
  }

  /** The node where {@code piece} begins, behind which {@code next} goes on. */
  private int build(Piece piece, int next) throws GbnfException {
    if (++work > MOST_WORK) {
      throw tooLarge();
    }
    return switch (piece) {
      case Piece.Chars(CharSet set) -> chars(set, next);
      case Piece.Text(List<Integer> text) -> text(text, next);
      case Piece.Call(String name, int line, int column) -> {
        Integer number = numbers.get(name);
        if (number == null) {
          throw new GbnfException(line, column, "there is no rule '" + name + "'");
        }
        yield node(Network.CALL, next, number);
      }
      case Piece.Sequence(List<Piece> parts) -> {
        int entry = next;
        for (Piece part : parts.reversed()) {
          entry = build(part, entry);
        }
        yield entry;
      }
      case Piece.Choice(List<Piece> parts) -> {
        int entry = build(parts.getLast(), next);
        for (int i = parts.size() - 2; i >= 0; i--) {
          entry = node(Network.SPLIT, build(parts.get(i), next), entry);
        }
        yield entry;
      }
      case Piece.Repeat repeat -> repeat(repeat, next);
    };
  }

  private int repeat(Piece.Repeat repeat, int next) throws GbnfException {
    int entry = next;
    if (repeat.most() == Piece.Repeat.NO_END) {
      entry = node(Network.SPLIT, next, next);
      int body = build(repeat.part(), entry); // which may move the array
      to[entry] = body;
    } else {
      for (int i = repeat.least(); i < repeat.most(); i++) {
        entry = node(Network.SPLIT, build(repeat.part(), entry), next);
      }
    }
    for (int i = 0; i < repeat.least(); i++) {
      entry = build(repeat.part(), entry);
    }
    return entry;
  }

  private int text(List<Integer> text, int next) throws GbnfException {
    var chars = new StringBuilder();
    text.forEach(chars::appendCodePoint);
    byte[] bytes = chars.toString().getBytes(StandardCharsets.UTF_8);
    int entry = next;
    for (int i = bytes.length - 1; i >= 0; i--) {
      int value = bytes[i] & 0xff;
      entry = take(ByteSet.NONE.with(value, value), entry);
    }
    return entry;
  }

  /** All bytes that lead to the same node are taken by one. */
  private int chars(CharSet set, int next) throws GbnfException {
    Map<List<Integer>, Integer> tails = new HashMap<>(); // nodes of this set, by range and next
    Map<Integer, ByteSet> leads = new HashMap<>(); // by where they go
    for (int[] sequence : Utf8Ranges.of(set)) {
      int entry = next;
      for (int i = sequence.length - 2; i >= 2; i -= 2) {
        List<Integer> key = List.of(sequence[i], sequence[i + 1], entry);
        Integer known = tails.get(key);
        if (known == null) {
          known = take(ByteSet.NONE.with(sequence[i], sequence[i + 1]), entry);
          tails.put(key, known);
        }
        entry = known;
      }
      ByteSet lead = leads.getOrDefault(entry, ByteSet.NONE);
      leads.put(entry, lead.with(sequence[0], sequence[1]));
    }
    int entry = -1;
    for (var lead : leads.entrySet()) {
      int node = take(lead.getValue(), lead.getKey());
      entry = entry < 0 ? node : node(Network.SPLIT, node, entry);
    }
    return entry;
  }

  private int take(ByteSet set, int next) throws GbnfException {
    Integer number = setNumbers.get(set);
    if (number == null) {
      number = sets.size();
      sets.add(set);
      setNumbers.put(set, number);
    }
    return node(Network.TAKE, next, number);
  }

  private int node(byte kind, int next, int second) throws GbnfException {
    if (size == MOST_NODES) {
      throw tooLarge();
    }
    if (size == kinds.length) {
      kinds = Arrays.copyOf(kinds, size * 2);
      to = Arrays.copyOf(to, size * 2);
      other = Arrays.copyOf(other, size * 2);
    }
    kinds[size] = kind;
    to[size] = next;
    other[size] = second;
    return size++;
  }

  private GbnfException tooLarge() {
    return new GbnfException(
        current.line(),
        current.column(),
        "with the rule '"
            + current.name()
            + "' the grammar is too large: it has more than "
            + MOST_NODES
            + " nodes once its repetitions are written out");
  }
}

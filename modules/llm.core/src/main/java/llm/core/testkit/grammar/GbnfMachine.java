package llm.core.testkit.grammar;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import llm.core.testkit.grammar.GbnfNotation.Node;

/**
 * A simple reading of llama.cpp's grammars, which shares no code with what makes or runs them: says
 * whether a text fits, and writes texts that do. Not fast; not thread-safe.
 */
public final class GbnfMachine {
  private static final int DEEP = 24;
  private static final int LONG = 3_000;
  private static final int USUAL_REPEATS = 6;

  private final Map<String, Node> rules;
  private final Map<Node, Integer> heights = new HashMap<>();
  private final Map<String, Integer> ruleHeights = new HashMap<>();

  private int[] text;
  private Map<Long, BitSet> known;
  private Map<Node, Integer> numbers;

  /**
   * Reads a grammar.
   *
   * @throws IllegalArgumentException when it is none
   */
  public GbnfMachine(String gbnf) {
    rules = GbnfNotation.read(gbnf);
    if (!rules.containsKey("root")) {
      throw new IllegalArgumentException("no rule root");
    }
    boolean changes = true;
    while (changes) {
      changes = false;
      for (var rule : rules.entrySet()) {
        int height = height(rule.getValue());
        if (height < ruleHeights.getOrDefault(rule.getKey(), Integer.MAX_VALUE)) {
          ruleHeights.put(rule.getKey(), height);
          changes = true;
        }
      }
    }
    heights.clear();
  }

  /** How many rules there are. */
  public int rules() {
    return rules.size();
  }

  /** Whether the whole text fits the grammar. */
  public boolean accepts(String candidate) {
    text = candidate.codePoints().toArray();
    known = new HashMap<>();
    numbers = new HashMap<>();
    return ends(rules.get("root"), 0).get(text.length);
  }

  /** A text that fits, by chance; short where it can be. */
  public String walk(Random random) {
    var out = new StringBuilder();
    walk(rules.get("root"), random, out, 0);
    return out.toString();
  }

  /** Where what fits the node and begins at {@code from} may end. */
  private BitSet ends(Node node, int from) {
    var ends = new BitSet();
    switch (node) {
      case Node.Text(int[] literal) -> {
        int at = 0;
        while (at < literal.length && from + at < text.length && text[from + at] == literal[at]) {
          at++;
        }
        if (at == literal.length) {
          ends.set(from + at);
        }
      }
      case Node.Chars chars -> {
        if (from < text.length && chars.contains(text[from])) {
          ends.set(from + 1);
        }
      }
      case Node.Sequence(List<Node> parts) -> {
        ends.set(from);
        for (Node part : parts) {
          ends = from(part, ends);
        }
      }
      case Node.Choice(List<Node> choices) -> {
        for (Node choice : choices) {
          ends.or(ends(choice, from));
        }
      }
      case Node.Rule(String name) -> ends = ofRule(name, from);
      case Node.Repeat repeat -> ends = repeated(repeat, from);
    }
    return ends;
  }

  private BitSet from(Node node, BitSet starts) {
    var ends = new BitSet();
    starts.stream().forEach(start -> ends.or(ends(node, start)));
    return ends;
  }

  private BitSet repeated(Node.Repeat repeat, int from) {
    var now = new BitSet();
    now.set(from);
    var ends = new BitSet();
    var seen = new BitSet();
    for (int count = 0; !now.isEmpty(); count++) {
      if (count >= repeat.min()) {
        now.andNot(seen);
        seen.or(now);
        ends.or(now);
      }
      if (count == repeat.max() || now.isEmpty()) {
        break;
      }
      now = from(repeat.part(), now);
    }
    return ends;
  }

  private BitSet ofRule(String name, int from) {
    Node body = rules.get(name);
    int number = numbers.computeIfAbsent(body, _ -> numbers.size());
    long key = (long) number << 32 | from;
    BitSet ends = known.get(key);
    if (ends == null) {
      ends = ends(body, from);
      known.put(key, ends);
    }
    return ends;
  }

  private void walk(Node node, Random random, StringBuilder out, int depth) {
    switch (node) {
      case Node.Text(int[] literal) -> {
        for (int c : literal) {
          out.appendCodePoint(c);
        }
      }
      case Node.Chars chars -> out.appendCodePoint(chars.any(random));
      case Node.Sequence(List<Node> parts) -> parts.forEach(part -> walk(part, random, out, depth));
      case Node.Choice(List<Node> choices) -> {
        Node choice = choices.get(random.nextInt(choices.size()));
        if (hurries(out, depth)) {
          choice = choices.stream().min((a, b) -> Integer.compare(height(a), height(b))).get();
        }
        walk(choice, random, out, depth);
      }
      case Node.Rule(String name) -> walk(rules.get(name), random, out, depth + 1);
      case Node.Repeat(Node part, int min, int max) -> {
        int count = min;
        while (count < max
            && count - min < USUAL_REPEATS
            && !hurries(out, depth)
            && random.nextInt(3) > 0) {
          count++;
        }
        for (int i = 0; i < count; i++) {
          walk(part, random, out, depth);
        }
      }
    }
  }

  /** Whether a text is so long or deep that it takes the shortest way from here. */
  private static boolean hurries(StringBuilder out, int depth) {
    return depth > DEEP || out.length() > LONG;
  }

  /** How many rules stand in one another in the least text; large where none is known yet. */
  private int height(Node node) {
    Integer seen = heights.get(node);
    if (seen != null && ruleHeights.size() == rules.size()) {
      return seen;
    }
    int height =
        switch (node) {
          case Node.Text _, Node.Chars _ -> 0;
          case Node.Sequence(List<Node> parts) ->
              parts.stream().mapToInt(this::height).max().orElse(0);
          case Node.Choice(List<Node> choices) ->
              choices.stream().mapToInt(this::height).min().orElse(Integer.MAX_VALUE);
          case Node.Repeat repeat -> repeat.min() == 0 ? 0 : height(repeat.part());
          case Node.Rule(String name) -> {
            int body = ruleHeights.getOrDefault(name, Integer.MAX_VALUE);
            yield body == Integer.MAX_VALUE ? body : body + 1;
          }
        };
    return height;
  }
}

package llm.core.template.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Writes random texts of a grammar. Reads GBNF by itself, so that it shares no mistake with what
 * made it.
 */
final class GrammarWalk {
  private static final int MOST_STEPS = 400;

  private final String gbnf;
  private final Map<String, Node> rules = new HashMap<>();
  private final Map<Node, Integer> depths = new HashMap<>();
  private int at;
  private int steps;

  private sealed interface Node {
    record Text(String text) implements Node {}

    record Signs(boolean negated, List<int[]> ranges) implements Node {}

    record Name(String name) implements Node {}

    record Row(List<Node> parts) implements Node {}

    record Either(List<Node> parts) implements Node {}

    record Times(Node part, int least, int most) implements Node {}
  }

  GrammarWalk(String gbnf) {
    this.gbnf = gbnf;
    space(true);
    while (at < gbnf.length()) {
      String name = name();
      space(false);
      expect("::=");
      space(true);
      rules.put(name, either(false));
      space(true);
    }
  }

  /** A text of the grammar. */
  String text(Random random) {
    steps = 0;
    var text = new StringBuilder();
    write(rules.get("root"), random, text);
    return text.toString();
  }

  private void write(Node node, Random random, StringBuilder text) {
    steps++;
    switch (node) {
      case Node.Text(String literal) -> text.append(literal);
      case Node.Signs signs -> text.appendCodePoint(sign(signs, random));
      case Node.Name(String name) -> {
        if (!rules.containsKey(name)) {
          throw new AssertionError("no rule " + name);
        }
        write(rules.get(name), random, text);
      }
      case Node.Row(List<Node> parts) -> parts.forEach(part -> write(part, random, text));
      case Node.Either(List<Node> parts) -> {
        Node chosen = parts.get(random.nextInt(parts.size()));
        if (steps > MOST_STEPS) {
          int least = parts.stream().mapToInt(this::depth).min().orElseThrow();
          chosen = parts.stream().filter(part -> depth(part) == least).findFirst().orElseThrow();
        }
        write(chosen, random, text);
      }
      case Node.Times(Node part, int least, int most) -> {
        int more = steps > MOST_STEPS ? 0 : random.nextInt(Math.min(most - least, 6) + 1);
        for (int i = 0; i < least + more; i++) {
          write(part, random, text);
        }
      }
    }
  }

  /** How deep the smallest text of it is nested; rules that are being looked at are endless. */
  private int depth(Node node) {
    Integer known = depths.get(node);
    if (known != null) {
      return known;
    }
    depths.put(node, 1_000);
    int depth =
        switch (node) {
          case Node.Text _, Node.Signs _ -> 1;
          case Node.Name(String name) -> 1 + depth(rules.get(name));
          case Node.Row(List<Node> parts) -> parts.stream().mapToInt(this::depth).max().orElse(0);
          case Node.Either(List<Node> parts) ->
              parts.stream().mapToInt(this::depth).min().orElse(0);
          case Node.Times(Node part, int least, int _) -> least == 0 ? 0 : depth(part);
        };
    if (depth >= 1_000) {
      depths.remove(node);
    } else {
      depths.put(node, depth);
    }
    return depth;
  }

  private static int sign(Node.Signs signs, Random random) {
    for (int i = 0; i < 10_000; i++) {
      int[] range = signs.ranges().get(random.nextInt(signs.ranges().size()));
      int sign =
          signs.negated()
              ? random.nextInt(random.nextBoolean() ? 0x80 : 0x2_0000)
              : range[0] + random.nextInt(Math.min(range[1] - range[0], 0x2_0000) + 1);
      boolean named = signs.ranges().stream().anyMatch(one -> one[0] <= sign && sign <= one[1]);
      if (named != signs.negated() && (sign < 0xD800 || sign > 0xDFFF)) {
        return sign;
      }
    }
    throw new AssertionError("no sign fits a class");
  }

  private Node either(boolean inGroup) {
    List<Node> parts = new ArrayList<>();
    parts.add(row(inGroup));
    while (at < gbnf.length() && gbnf.charAt(at) == '|') {
      at++;
      space(true);
      parts.add(row(inGroup));
    }
    return parts.size() == 1 ? parts.getFirst() : new Node.Either(parts);
  }

  private Node row(boolean inGroup) {
    List<Node> parts = new ArrayList<>();
    space(inGroup);
    while (at < gbnf.length() && "|)\n\r".indexOf(gbnf.charAt(at)) < 0) {
      parts.add(times(part()));
      space(inGroup);
    }
    return new Node.Row(parts);
  }

  private Node part() {
    char c = gbnf.charAt(at);
    switch (c) {
      case '"' -> {
        at++;
        var text = new StringBuilder();
        while (gbnf.charAt(at) != '"') {
          text.appendCodePoint(code());
        }
        at++;
        return new Node.Text(text.toString());
      }
      case '[' -> {
        return signs();
      }
      case '(' -> {
        at++;
        space(true);
        Node group = either(true);
        expect(")");
        return group;
      }
      case '.' -> {
        at++;
        return new Node.Signs(false, List.of(new int[] {0, 0x10FFFF}));
      }
      default -> {
        return new Node.Name(name());
      }
    }
  }

  private Node signs() {
    at++;
    boolean negated = gbnf.charAt(at) == '^';
    at += negated ? 1 : 0;
    List<int[]> ranges = new ArrayList<>();
    while (gbnf.charAt(at) != ']') {
      int first = code();
      boolean range = gbnf.charAt(at) == '-' && gbnf.charAt(at + 1) != ']';
      at += range ? 1 : 0;
      ranges.add(new int[] {first, range ? code() : first});
    }
    at++;
    return new Node.Signs(negated, ranges);
  }

  private Node times(Node part) {
    Node counted = part;
    while (at < gbnf.length() && "*+?{".indexOf(gbnf.charAt(at)) >= 0) {
      char c = gbnf.charAt(at++);
      counted =
          switch (c) {
            case '*' -> new Node.Times(counted, 0, Integer.MAX_VALUE);
            case '+' -> new Node.Times(counted, 1, Integer.MAX_VALUE);
            case '?' -> new Node.Times(counted, 0, 1);
            default -> braces(counted);
          };
    }
    return counted;
  }

  private Node braces(Node part) {
    int end = gbnf.indexOf('}', at);
    String[] bounds = gbnf.substring(at, end).split(",", -1);
    at = end + 1;
    int least = bounds[0].isBlank() ? 0 : Integer.parseInt(bounds[0].strip());
    int most =
        bounds.length == 1
            ? least
            : bounds[1].isBlank() ? Integer.MAX_VALUE : Integer.parseInt(bounds[1].strip());
    return new Node.Times(part, least, most);
  }

  private int code() {
    int point = gbnf.codePointAt(at);
    at += Character.charCount(point);
    if (point != '\\') {
      return point;
    }
    char kind = gbnf.charAt(at++);
    int digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (digits > 0) {
      at += digits;
      return Integer.parseInt(gbnf.substring(at - digits, at), 16);
    }
    return kind == 'n' ? '\n' : kind == 'r' ? '\r' : kind == 't' ? '\t' : kind;
  }

  private String name() {
    int from = at;
    while (at < gbnf.length()
        && (Character.isLetterOrDigit(gbnf.charAt(at)) || gbnf.charAt(at) == '-')) {
      at++;
    }
    if (from == at) {
      throw new AssertionError("no name at " + from + ": " + gbnf.substring(from));
    }
    return gbnf.substring(from, at);
  }

  private void expect(String sign) {
    if (!gbnf.startsWith(sign, at)) {
      throw new AssertionError("no " + sign + " at " + at + ": " + gbnf.substring(at));
    }
    at += sign.length();
  }

  private void space(boolean lines) {
    while (at < gbnf.length()) {
      char c = gbnf.charAt(at);
      if (c == '#') {
        int end = gbnf.indexOf('\n', at);
        at = end < 0 ? gbnf.length() : end;
      } else if (c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r')) {
        at++;
      } else {
        return;
      }
    }
  }
}

package llm.core.testkit.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Reads llama.cpp's notation of grammars into a tree. */
final class GbnfNotation {

  /** The right side of a rule; compared by identity where it is long. */
  sealed interface Node {
    /** Characters one after the other. */
    record Text(int[] codePoints) implements Node {}

    /** One character of ranges, or of none of them; first and last in turn. */
    record Chars(boolean negated, int[] ranges) implements Node {
      boolean contains(int c) {
        for (int i = 0; i < ranges.length; i += 2) {
          if (c >= ranges[i] && c <= ranges[i + 1]) {
            return !negated;
          }
        }
        return negated;
      }

      int any(Random random) {
        if (negated) {
          int c;
          do {
            c = random.nextInt(0x20, 0x7F);
          } while (!contains(c));
          return c;
        }
        int range = 2 * random.nextInt(ranges.length / 2);
        int span = ranges[range + 1] - ranges[range] + 1;
        boolean near = span > 200 && random.nextInt(4) > 0;
        return ranges[range] + random.nextInt(near ? 100 : span);
      }
    }

    /** One after the other. */
    record Sequence(List<Node> parts) implements Node {}

    /** One of them. */
    record Choice(List<Node> choices) implements Node {}

    /** Again and again. */
    record Repeat(Node part, int min, int max) implements Node {}

    /** What a rule says. */
    record Rule(String name) implements Node {}
  }

  private final String source;
  private int at;

  private GbnfNotation(String source) {
    this.source = source;
  }

  static Map<String, Node> read(String source) {
    var reader = new GbnfNotation(source);
    var rules = new LinkedHashMap<String, Node>();
    reader.blanks(true);
    while (reader.at < source.length()) {
      String name = reader.name();
      reader.blanks(false);
      reader.expect("::=");
      reader.blanks(true);
      if (rules.put(name, reader.choices(false)) != null) {
        throw reader.wrong("the rule " + name + " is there twice");
      }
      reader.blanks(true);
    }
    rules.values().forEach(body -> reader.check(body, rules));
    return rules;
  }

  private void check(Node node, Map<String, Node> rules) {
    switch (node) {
      case Node.Text _, Node.Chars _ -> {}
      case Node.Sequence(List<Node> parts) -> parts.forEach(part -> check(part, rules));
      case Node.Choice(List<Node> choices) -> choices.forEach(choice -> check(choice, rules));
      case Node.Repeat repeat -> check(repeat.part(), rules);
      case Node.Rule(String name) -> {
        if (!rules.containsKey(name)) {
          throw wrong("no rule " + name);
        }
      }
    }
  }

  private Node choices(boolean nested) {
    var choices = new ArrayList<Node>();
    choices.add(sequence(nested));
    blanks(nested);
    while (takes("|")) {
      blanks(true);
      choices.add(sequence(nested));
      blanks(nested);
    }
    return choices.size() == 1 ? choices.getFirst() : new Node.Choice(List.copyOf(choices));
  }

  private Node sequence(boolean nested) {
    var parts = new ArrayList<Node>();
    while (true) {
      blanks(nested);
      if (at >= source.length() || "|)\n\r".indexOf(source.charAt(at)) >= 0) {
        return parts.size() == 1 ? parts.getFirst() : new Node.Sequence(List.copyOf(parts));
      }
      parts.add(quantified(item()));
    }
  }

  private Node item() {
    if (takes("\"")) {
      var text = new ArrayList<Integer>();
      while (!takes("\"")) {
        text.add(character());
      }
      return new Node.Text(text.stream().mapToInt(Integer::intValue).toArray());
    }
    if (takes("[")) {
      return chars();
    }
    if (takes("(")) {
      blanks(true);
      Node inside = choices(true);
      blanks(true);
      expect(")");
      return inside;
    }
    if (takes(".")) {
      return new Node.Chars(false, new int[] {0, 0xD7FF, 0xE000, Character.MAX_CODE_POINT});
    }
    return new Node.Rule(name());
  }

  private Node chars() {
    boolean negated = takes("^");
    var ranges = new ArrayList<Integer>();
    while (!takes("]")) {
      int first = character();
      int last = first;
      if (source.startsWith("-", at) && !source.startsWith("-]", at)) {
        at++;
        last = character();
      }
      ranges.add(first);
      ranges.add(last);
    }
    return new Node.Chars(negated, ranges.stream().mapToInt(Integer::intValue).toArray());
  }

  private Node quantified(Node item) {
    if (takes("*")) {
      return new Node.Repeat(item, 0, Integer.MAX_VALUE);
    }
    if (takes("+")) {
      return new Node.Repeat(item, 1, Integer.MAX_VALUE);
    }
    if (takes("?")) {
      return new Node.Repeat(item, 0, 1);
    }
    if (!takes("{")) {
      return item;
    }
    int min = number();
    int max = min;
    if (takes(",")) {
      max = source.startsWith("}", at) ? Integer.MAX_VALUE : number();
    }
    expect("}");
    return new Node.Repeat(item, min, max);
  }

  private int number() {
    int from = at;
    while (at < source.length() && Character.isDigit(source.charAt(at))) {
      at++;
    }
    return Integer.parseInt(source.substring(from, at));
  }

  private int character() {
    int c = source.codePointAt(at);
    at += Character.charCount(c);
    if (c != '\\') {
      return c;
    }
    char escape = source.charAt(at++);
    return switch (escape) {
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      case 'U' -> hex(8);
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case '\\', '"', '[', ']' -> escape;
      default -> throw wrong("the escape " + escape);
    };
  }

  private int hex(int digits) {
    at += digits;
    return Integer.parseInt(source, at - digits, at, 16);
  }

  private String name() {
    int from = at;
    while (at < source.length()
        && (Character.isLetterOrDigit(source.charAt(at)) || source.charAt(at) == '-')) {
      at++;
    }
    if (from == at) {
      throw wrong("a name is missing");
    }
    return source.substring(from, at);
  }

  private void blanks(boolean lines) {
    while (at < source.length()) {
      char c = source.charAt(at);
      if (c == '#') {
        at = source.indexOf('\n', at) < 0 ? source.length() : source.indexOf('\n', at);
      } else if (c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r')) {
        at++;
      } else {
        return;
      }
    }
  }

  private boolean takes(String what) {
    if (source.startsWith(what, at)) {
      at += what.length();
      return true;
    }
    return false;
  }

  private void expect(String what) {
    if (!takes(what)) {
      throw wrong("'" + what + "' is missing");
    }
  }

  private IllegalArgumentException wrong(String why) {
    int from = Math.min(at, source.length());
    return new IllegalArgumentException(
        why + " at " + from + ": " + source.substring(from, Math.min(source.length(), from + 40)));
  }
}

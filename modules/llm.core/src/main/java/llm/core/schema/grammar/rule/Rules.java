package llm.core.schema.grammar.rule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;

/** The rules of a grammar while it is made. Not thread-safe. */
public final class Rules {
  /** The most that {@link #repeat} counts to. */
  public static final int MOST_REPEATS = 65_536;

  private static final int MOST_RULES = 4_000;
  private static final int MOST_PLAIN_REPEATS = 64;
  private static final int MOST_NAME_CHARS = 24;

  /** Names of rules that are the same in all grammars. */
  private static final Set<String> RESERVED =
      Set.of(
          "root", "string", "char", "hex", "number", "integer", "name", "value", "object", "array");

  private final Map<String, Expr> rules = new LinkedHashMap<>();
  private final Map<String, Integer> suffixes = new HashMap<>();
  private final Map<Expr, String> blocks = new HashMap<>();

  /**
   * A name that no rule has yet, like the one wished for.
   *
   * @param path of what the rule is for, for the refusal
   */
  public String name(String wish, String path) throws UnsupportedSchema {
    String plain = wish.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    plain = plain.substring(0, Math.min(plain.length(), MOST_NAME_CHARS));
    plain = plain.replaceAll("^-+|-+$", "");
    if (!plain.matches("[a-z].*")) {
      plain = "r" + plain;
    }
    int suffix = suffixes.merge(plain, 1, Integer::sum);
    String name = suffix == 1 && !RESERVED.contains(plain) ? plain : plain + "-" + suffix;
    if (rules.containsKey(name)) {
      return name(wish, path);
    }
    if (rules.size() >= MOST_RULES) {
      throw new UnsupportedSchema(path, "the grammar has more than " + MOST_RULES + " rules");
    }
    rules.put(name, Expr.NOTHING);
    return name;
  }

  /** Whether a rule of this name is there. */
  public boolean has(String name) {
    return rules.containsKey(name);
  }

  /** Says what a rule is. */
  public Expr put(String name, Expr body) {
    rules.put(name, body);
    return new Expr.Ref(name);
  }

  /** Again and again, in blocks where there are many. */
  public Expr repeat(Expr part, int min, int max, String path) throws UnsupportedSchema {
    int largest = max == Expr.UNBOUNDED ? min : max;
    if (largest > MOST_REPEATS) {
      throw new UnsupportedSchema(
          path, "no more than " + MOST_REPEATS + " can be counted, not " + largest);
    }
    if (largest <= MOST_PLAIN_REPEATS || part.equals(Expr.NOTHING)) {
      return Expr.repeat(part, min, max);
    }
    int size = (int) Math.ceil(Math.sqrt(largest));
    Expr block = block(part, size, path);
    Expr one = part instanceof Expr.Ref || part instanceof Expr.Chars ? part : single(part, path);
    Expr first =
        Expr.seq(
            Expr.repeat(block, min / size, min / size), Expr.repeat(one, min % size, min % size));
    if (max == Expr.UNBOUNDED) {
      return Expr.seq(first, Expr.star(one));
    }
    int span = max - min;
    if (span <= size) {
      return Expr.seq(first, Expr.repeat(one, 0, span));
    }
    int singles = size - 1 + (span - (size - 1)) % size;
    int wholes = (span - singles) / size;
    return Expr.seq(first, Expr.repeat(block, 0, wholes), Expr.repeat(one, 0, singles));
  }

  private Expr block(Expr part, int size, String path) throws UnsupportedSchema {
    return shared(Expr.repeat(part, size, size), "block", path);
  }

  private Expr single(Expr part, String path) throws UnsupportedSchema {
    return shared(part, "one", path);
  }

  /** A rule for what is long and stands in many places. */
  public Expr shared(Expr body, String wish, String path) throws UnsupportedSchema {
    String known = blocks.get(body);
    if (known == null) {
      known = name(wish, path);
      put(known, body);
      blocks.put(body, known);
    }
    return new Expr.Ref(known);
  }

  /** The rules that {@code root} needs, without what no text can ever fit; empty: nothing fits. */
  public Map<String, Expr> pruned() {
    Set<String> productive = productive();
    var kept = new LinkedHashMap<String, Expr>();
    if (!productive.contains("root")) {
      return kept;
    }
    var queue = new ArrayList<>(List.of("root"));
    kept.put("root", Expr.NOTHING);
    for (int i = 0; i < queue.size(); i++) {
      Expr body = prune(rules.get(queue.get(i)), productive);
      kept.put(queue.get(i), body);
      for (String next : references(body, new ArrayList<>())) {
        if (kept.putIfAbsent(next, Expr.NOTHING) == null) {
          queue.add(next);
        }
      }
    }
    return kept;
  }

  private Set<String> productive() {
    Set<String> found = new HashSet<>();
    boolean grows = true;
    while (grows) {
      grows = false;
      for (var rule : rules.entrySet()) {
        if (!found.contains(rule.getKey()) && canEnd(rule.getValue(), found)) {
          found.add(rule.getKey());
          grows = true;
        }
      }
    }
    return found;
  }

  private static boolean canEnd(Expr expr, Set<String> productive) {
    return switch (expr) {
      case Expr.Literal _ -> true;
      case Expr.Chars chars -> !chars.set().isEmpty();
      case Expr.Seq(List<Expr> parts) -> parts.stream().allMatch(p -> canEnd(p, productive));
      case Expr.Alt(List<Expr> choices) -> choices.stream().anyMatch(c -> canEnd(c, productive));
      case Expr.Repeat repeat -> repeat.min() == 0 || canEnd(repeat.part(), productive);
      case Expr.Ref(String rule) -> productive.contains(rule);
    };
  }

  private static Expr prune(Expr expr, Set<String> productive) {
    if (!canEnd(expr, productive)) {
      return Expr.NOTHING;
    }
    return switch (expr) {
      case Expr.Literal _, Expr.Chars _, Expr.Ref _ -> expr;
      case Expr.Seq(List<Expr> parts) ->
          Expr.seq(parts.stream().map(p -> prune(p, productive)).toList());
      case Expr.Alt(List<Expr> choices) ->
          Expr.alt(
              choices.stream()
                  .filter(c -> canEnd(c, productive))
                  .map(c -> prune(c, productive))
                  .toList());
      case Expr.Repeat(Expr part, int min, int max) ->
          Expr.repeat(prune(part, productive), min, max);
    };
  }

  private static List<String> references(Expr expr, List<String> found) {
    switch (expr) {
      case Expr.Literal _, Expr.Chars _ -> {}
      case Expr.Seq(List<Expr> parts) -> parts.forEach(part -> references(part, found));
      case Expr.Alt(List<Expr> choices) -> choices.forEach(choice -> references(choice, found));
      case Expr.Repeat repeat -> references(repeat.part(), found);
      case Expr.Ref(String rule) -> found.add(rule);
    }
    return found;
  }
}

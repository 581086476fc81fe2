package llm.core.gbnf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Grammars made at random, beside a reference that tries everything. */
class RandomGrammarTest {
  /** Another one by -Dllm.test.seed=…. */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);

  private static final int GRAMMARS = 800;
  private static final String[] LETTERS = {"a", "b", "\u00e9", "\u20ac", "\ud83d\ude00"};

  private final Random random = new Random(SEED);

  @Test
  void aTextIsInAGrammarWhenAWayThroughItsRulesSaysSo() throws GbnfException {
    int run = 0;
    int in = 0;
    for (int i = 0; i < GRAMMARS; i++) {
      String grammar = grammar();
      Gbnf gbnf;
      try {
        gbnf = Gbnf.read(grammar);
      } catch (GbnfException _) {
        continue; // it begins with itself, or never ends
      }
      run++;
      var reference = new Reference(new GbnfReader(grammar).read());
      for (int t = 0; t < 20; t++) {
        String text = t % 2 == 0 ? letters() : said(gbnf);
        boolean expected = reference.matches(text);
        in += expected ? 1 : 0;
        assertThat(gbnf.matches(text))
            .as("%s has '%s', seed %d", grammar, text, SEED)
            .isEqualTo(expected);
        cutAnywhere(gbnf, text, grammar);
      }
    }
    assertThat(run).as("grammars that can be run").isGreaterThan(GRAMMARS / 4);
    assertThat(in).as("texts that are in them").isGreaterThan(run * 3);
  }

  /** However a text is cut, the same state is behind it; and what is alive can be completed. */
  private void cutAnywhere(Gbnf gbnf, String text, String grammar) throws GbnfException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    GbnfState start = gbnf.start();
    GbnfState whole = start.next(bytes, 0, bytes.length);
    GbnfState cut = start;
    for (int from = 0; from < bytes.length; ) {
      int to = from + 1 + random.nextInt(bytes.length - from);
      cut = cut.next(bytes, from, to);
      from = to;
    }
    assertThat(cut).as("'%s' in %s, seed %d", text, grammar, SEED).isSameAs(whole);
    if (!whole.isDead()) {
      assertThat(canEnd(whole)).as("after '%s' in %s, seed %d", text, grammar, SEED).isTrue();
    }
    GbnfState inner = whole.inner();
    for (byte value : letters().getBytes(StandardCharsets.UTF_8)) {
      if (inner.mayEnd()) {
        return;
      }
      inner = inner.next(value);
      whole = whole.next(value);
      assertThat(inner.isDead() && !whole.isDead() || whole.isDead() && !inner.isDead())
          .as("the inner state differs in %s after '%s', seed %d", grammar, text, SEED)
          .isFalse();
    }
  }

  private static boolean canEnd(GbnfState from) throws GbnfException {
    var known = new HashSet<>(Set.of(from));
    var open = new ArrayDeque<>(List.of(from));
    for (int tried = 0; tried < 300 && !open.isEmpty(); tried++) {
      GbnfState state = open.poll();
      if (state.mayEnd()) {
        return true;
      }
      for (int value = 0; value < 256; value++) {
        GbnfState next = state.next((byte) value);
        if (!next.isDead() && known.add(next)) {
          open.add(next);
        }
      }
    }
    return !open.isEmpty(); // not found, but not sought everywhere either
  }

  /** A text that the grammar lets through, perhaps not to its end. */
  private String said(Gbnf gbnf) throws GbnfException {
    var text = new StringBuilder();
    GbnfState state = gbnf.start();
    for (int i = 0; i < 8; i++) {
      List<String> allowed = new ArrayList<>();
      for (String letter : LETTERS) {
        byte[] bytes = letter.getBytes(StandardCharsets.UTF_8);
        if (!state.next(bytes, 0, bytes.length).isDead()) {
          allowed.add(letter);
        }
      }
      if (allowed.isEmpty() || state.mayEnd() && random.nextInt(4) == 0) {
        break;
      }
      String letter = allowed.get(random.nextInt(allowed.size()));
      byte[] bytes = letter.getBytes(StandardCharsets.UTF_8);
      state = state.next(bytes, 0, bytes.length);
      text.append(letter);
    }
    return text.toString();
  }

  private String letters() {
    var text = new StringBuilder();
    for (int i = random.nextInt(7); i > 0; i--) {
      text.append(LETTERS[random.nextInt(LETTERS.length)]);
    }
    return text.toString();
  }

  private String grammar() {
    int rules = 1 + random.nextInt(4);
    var text = new StringBuilder("root ::= " + choice(rules, 3) + "\n");
    for (int rule = 0; rule < rules; rule++) {
      text.append("r").append(rule).append(" ::= ").append(choice(rules, 3)).append("\n");
    }
    return text.toString();
  }

  private String choice(int rules, int depth) {
    var text = new StringBuilder(sequence(rules, depth));
    for (int i = random.nextInt(3); i > 0; i--) {
      text.append(" | ").append(sequence(rules, depth));
    }
    return text.toString();
  }

  private String sequence(int rules, int depth) {
    var text = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      text.append(item(rules, depth)).append(times()).append(' ');
    }
    return text.toString();
  }

  private String item(int rules, int depth) {
    String letter = LETTERS[random.nextInt(LETTERS.length)];
    return switch (random.nextInt(depth == 0 ? 5 : 7)) {
      case 0, 1 -> "\"" + letter + "\"";
      case 2 -> "[" + (random.nextBoolean() ? "^" : "") + letter + "a-b]";
      case 3 -> "r" + random.nextInt(rules);
      case 4 -> random.nextInt(4) == 0 ? "." : "\"" + letter + "b\"";
      default -> "(" + choice(rules, depth - 1) + ")";
    };
  }

  private String times() {
    return switch (random.nextInt(12)) {
      case 0 -> "*";
      case 1 -> "+";
      case 2 -> "?";
      case 3 -> "{" + random.nextInt(3) + "," + (2 + random.nextInt(2)) + "}";
      case 4 -> "{" + random.nextInt(3) + ",}";
      default -> "";
    };
  }

  /** Where a piece may end, by where it begins: all ends, found by trying all ways. */
  private static final class Reference {
    private final Map<String, Piece.Rule> rules;
    private final Map<String, BitSet> known = new HashMap<>();
    private int[] text = {};

    Reference(Map<String, Piece.Rule> rules) {
      this.rules = rules;
    }

    boolean matches(String whole) {
      text = whole.codePoints().toArray();
      known.clear();
      return ends(rules.get("root").body(), 0).get(text.length);
    }

    private BitSet ends(Piece piece, int at) {
      var ends = new BitSet();
      switch (piece) {
        case Piece.Chars(CharSet set) -> {
          if (at < text.length && has(set, text[at])) {
            ends.set(at + 1);
          }
        }
        case Piece.Text(List<Integer> wanted) -> {
          boolean same = at + wanted.size() <= text.length;
          for (int i = 0; same && i < wanted.size(); i++) {
            same = text[at + i] == wanted.get(i);
          }
          if (same) {
            ends.set(at + wanted.size());
          }
        }
        case Piece.Call(String name, int _, int _) -> {
          String key = name + "@" + at;
          BitSet before = known.get(key);
          if (before == null) {
            before = ends(rules.get(name).body(), at);
            known.put(key, before);
          }
          return before;
        }
        case Piece.Sequence(List<Piece> parts) -> {
          ends.set(at);
          for (Piece part : parts) {
            ends = behind(part, ends);
          }
        }
        case Piece.Choice(List<Piece> parts) -> {
          for (Piece part : parts) {
            ends.or(ends(part, at));
          }
        }
        case Piece.Repeat(Piece part, int least, int most) -> {
          var now = new BitSet();
          now.set(at);
          for (int i = 0; i < least; i++) {
            now = behind(part, now);
          }
          ends.or(now);
          int more = most == Piece.Repeat.NO_END ? text.length + 1 : most - least;
          for (int i = 0; i < more; i++) {
            now = behind(part, now);
            ends.or(now);
          }
        }
      }
      return ends;
    }

    private BitSet behind(Piece part, BitSet from) {
      var ends = new BitSet();
      from.stream().forEach(at -> ends.or(ends(part, at)));
      return ends;
    }

    private static boolean has(CharSet set, int c) {
      return set.ranges().stream().anyMatch(range -> range.from() <= c && c <= range.to());
    }
  }
}

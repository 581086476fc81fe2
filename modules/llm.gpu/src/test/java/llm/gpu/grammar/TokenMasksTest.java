package llm.gpu.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import llm.core.gbnf.Gbnf;
import llm.core.gbnf.GbnfException;
import llm.core.gbnf.GbnfState;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("T-7: the tokens that a grammar allows")
class TokenMasksTest {
  /** Another one by -Dllm.test.seed=…. */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);

  private static final String JSON =
      """
      root ::= object
      value ::= object | array | string | number | "true" | "false" | "null"
      object ::= "{" (pair (", " pair)*)? "}"
      pair ::= string ": " value
      array ::= "[" (value (", " value)*)? "]"
      string ::= "\\"" char* "\\""
      char ::= [^"\\\\\\x00-\\x1f] | "\\\\" (["\\\\nrt] | "u" [0-9a-f]{4})
      number ::= "-"? ("0" | [1-9] [0-9]{0,8}) ("." [0-9]{1,4})?
      """;

  private final Random random = new Random(SEED);
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  /** Tokens of one to six bytes: signs of JSON, letters, and pieces of characters. */
  private ModelTokens tokens(int count) {
    List<byte[]> texts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    byte[] signs = "{}[]\":, abc0123.-truefalsn\\\u00e9\u20ac\n".getBytes(StandardCharsets.UTF_8);
    for (int token = 0; token < count; token++) {
      boolean control = token == 3 || token == 5;
      byte[] text = new byte[control ? 0 : 1 + random.nextInt(6)];
      for (int i = 0; i < text.length; i++) {
        text[i] =
            random.nextInt(20) == 0
                ? (byte) random.nextInt(256)
                : signs[random.nextInt(signs.length)];
      }
      texts.add(text);
      names.add(control ? token == 3 ? "[" : "<|other|>" : "");
    }
    return new ModelTokens(texts, names, new int[] {7});
  }

  private TokenMasks masks(String grammar, ModelTokens tokens, Set<String> marks)
      throws GbnfException {
    var metrics = new GrammarMetrics(telemetry.metrics());
    return new TokenMasks(Gbnf.read(grammar), tokens, marks, metrics, new ManualClock());
  }

  @Test
  void aMaskHasJustTheTokensThatLeadOn() throws GbnfException {
    ModelTokens tokens = tokens(1_500);
    for (String grammar :
        List.of(
            JSON,
            "root ::= .*",
            "root ::= [a-c]* \"\u20ac\"{2,4} root2\nroot2 ::= \"{\" root2 \"}\" | \"true\"",
            "root ::= x | root3\nx ::= \"a\" x? \"b\"\nroot3 ::= \"a\"* [^a]")) {
      TokenMasks masks = masks(grammar, tokens, Set.of("["));
      for (int walk = 0; walk < 20; walk++) {
        GbnfState state = masks.start();
        for (int step = 0; step < 12; step++) {
          long[] mask = masks.of(state);
          List<Integer> allowed = new ArrayList<>();
          for (int token = 0; token < 1_500; token++) {
            byte[] text = token == 3 ? new byte[] {'['} : tokens.trie().text(token);
            boolean leadsOn = text.length > 0 && !state.next(text, 0, text.length).isDead();
            boolean has = (mask[token / 64] >>> token & 1) != 0;
            assertThat(has)
                .as("token %d at step %d of %s, seed %d", token, step, grammar, SEED)
                .isEqualTo(leadsOn);
            if (has) {
              allowed.add(token);
            }
          }
          if (allowed.isEmpty()) {
            break;
          }
          state = masks.behind(state, allowed.get(random.nextInt(allowed.size())));
        }
      }
    }
  }

  @Test
  void tokensWithoutTextAreNeverAllowed() throws GbnfException {
    TokenMasks masks = masks("root ::= .*", tokens(64), Set.of());
    long[] mask = masks.of(masks.start());
    assertThat(mask[0] >>> 3 & 1).as("a control token").isZero();
    assertThat(mask[0] >>> 5 & 1).as("another one").isZero();
    assertThat(masks.behind(masks.start(), 3).isDead()).isTrue();
  }

  @Test
  void whatIsWithinAStringIsFoundOnceForAllStrings() throws GbnfException {
    List<byte[]> texts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int token = 0; token < 5_000; token++) {
      texts.add(("w" + Integer.toString(token, 7)).getBytes(StandardCharsets.UTF_8));
      names.add("");
    }
    texts.add("\", \"".getBytes(StandardCharsets.UTF_8));
    names.add("");
    TokenMasks masks = masks(JSON, new ModelTokens(texts, names, new int[0]), Set.of());
    GbnfState first = at(masks, "{\"k\": [\"");
    masks.of(first);
    long before = first.work();
    GbnfState second = at(masks, "{\"k\": [[[1, \"");
    long walked = second.work() - before;
    long[] mask = masks.of(second);
    assertThat(second.work() - before - walked).as("steps for another string").isLessThan(200);
    assertThat(mask[5_000 / 64] >>> 5_000 & 1).as("it ends as this list goes on").isOne();
    long[] ofKey = masks.of(at(masks, "{\""));
    assertThat(ofKey[5_000 / 64] >>> 5_000 & 1).as("a key is followed by no comma").isZero();
  }

  @Test
  void allWorkForOneMaskIsLimitedTogether() throws GbnfException {
    List<byte[]> texts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int token = 0; token < 18_278; token++) {
      var word = new StringBuilder();
      for (int rest = token + 1; rest > 0; rest = (rest - 1) / 26) {
        word.append((char) ('a' + (rest - 1) % 26));
      }
      texts.add(word.toString().getBytes(StandardCharsets.UTF_8));
      names.add("");
    }
    var grammar = new StringBuilder("root ::= w t+\nw ::= [a-z]\nalt ::= \"a\"");
    for (char letter = 'b'; letter <= 'z'; letter++) {
      grammar.append(" | \"").append(letter).append('"');
    }
    grammar.append("\nt ::= alt{1,200}");
    for (int i = 2; i <= 9; i++) {
      grammar.append(" | alt{").append(i).append(',').append(201 - i).append('}');
    }
    TokenMasks masks =
        masks(grammar.toString(), new ModelTokens(texts, names, new int[0]), Set.of());
    for (String text : List.of("", "a", "abc".repeat(10), "abc".repeat(30), "abc".repeat(60))) {
      GbnfState state = at(masks, text);
      long before = state.work();
      try {
        masks.of(state);
      } catch (GbnfException involved) {
        assertThat(involved).hasMessageContaining("too involved");
      }
      assertThat(state.work() - before)
          .as("steps behind '%s'", text)
          .isLessThan(TokenMasks.MOST_WORK * 5 / 4);
    }
  }

  private static GbnfState at(TokenMasks masks, String text) throws GbnfException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return masks.start().next(bytes, 0, bytes.length);
  }
}

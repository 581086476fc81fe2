package llm.gpu.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.core.gbnf.Gbnf;
import llm.core.gbnf.GbnfException;
import llm.core.gbnf.GbnfState;
import llm.core.schema.grammar.PatternGrammar;
import llm.core.schema.grammar.SchemaGrammar;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.valid.SchemaValidator;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.grammar.RandomSchemas;
import llm.core.testkit.grammar.RandomSchemas.Sizes;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Masks for every token of answers by chance, with a vocabulary of 200,000. {@code
 * llm.test.schemas} (30) and {@code llm.test.seed} say how many and which.
 */
@DisplayName("T-7: no limit of work ends an ordinary answer of a model with a large vocabulary")
class LargeVocabularyTest {
  private static final int SCHEMAS = Integer.getInteger("llm.test.schemas", 30);
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);
  private static final int MOST_TOKENS = 25;
  private static final int TRIES = 20;

  private static ModelTokens tokens;

  @BeforeAll
  static void read() throws IOException {
    tokens = RealVocabulary.read();
    assertThat(tokens.trie().tokenCount()).isGreaterThan(199_000);
  }

  /** An answer of tokens by chance, each from its mask; empty for one that is cut. */
  private static String answer(TokenMasks masks, boolean isJson, Random random)
      throws GbnfException {
    var said = new ByteArrayOutputStream();
    var names = new MemberNames();
    GbnfState state = masks.start();
    long begun = state.work();
    for (int i = 0; i < MOST_TOKENS && !state.mustEnd(); i++) {
      if (state.mayEnd() && random.nextInt(8) == 0) {
        break;
      }
      int token = chosen(masks.of(state), names, isJson, random);
      if (token == TokenTrie.NONE) {
        return "";
      }
      byte[] text = tokens.trie().text(token);
      if (isJson) {
        names.take(text);
      }
      said.writeBytes(text);
      state = masks.behind(state, token);
      assertThat(state.work() - begun).as("steps").isLessThan(HeldAnswer.MOST_WORK);
    }
    return state.mayEnd() ? said.toString(StandardCharsets.UTF_8) : "";
  }

  /** One of the mask that says no name again; none where a few tries find none. */
  private static int chosen(long[] mask, MemberNames names, boolean isJson, Random random) {
    int count = Arrays.stream(mask).mapToInt(Long::bitCount).sum();
    for (int i = 0; i < TRIES && count > 0; i++) {
      int token = bit(mask, random.nextInt(count));
      if (!isJson || names.allows(tokens.trie().text(token))) {
        return token;
      }
    }
    return TokenTrie.NONE;
  }

  private static int bit(long[] mask, int index) {
    int left = index;
    int word = 0;
    while (left >= Long.bitCount(mask[word])) {
      left -= Long.bitCount(mask[word++]);
    }
    long bits = mask[word];
    for (; left > 0; left--) {
      bits &= bits - 1;
    }
    return word * Long.SIZE + Long.numberOfTrailingZeros(bits);
  }

  private static TokenMasks masks(String gbnf) throws GbnfException {
    var metrics = new GrammarMetrics(new RecordingTelemetry().metrics());
    return new TokenMasks(Gbnf.read(gbnf), tokens, Set.of(), metrics, new ManualClock());
  }

  @Test
  void answersToRandomSchemas() throws Exception {
    int whole = 0;
    for (int i = 0; i < SCHEMAS; i++) {
      Sizes sizes = i % 2 == 0 ? Sizes.BOUNDED : Sizes.ANY;
      String schema = RandomSchemas.of(new Random(SEED + i), sizes);
      String which = "llm.test.seed=" + (SEED + i - i % 2) + " " + schema;
      try {
        String text = answer(masks(SchemaGrammar.of(schema).gbnf()), true, new Random(SEED + i));
        whole += text.isEmpty() ? 0 : 1;
        if (!text.isEmpty()) {
          assertThat(SchemaValidator.of(schema).check(text)).as("%s%n%s", which, text).isEmpty();
        }
      } catch (UnsupportedSchema _) {
        // told by its path, before any token
      } catch (GbnfException involved) {
        throw new AssertionError(which, involved);
      }
    }
    assertThat(whole).as("whole ones of %d", SCHEMAS).isPositive();
  }

  static String[] schemas() {
    String values =
        IntStream.range(0, 300)
            .mapToObj(i -> "\"item-" + i * 7919 % 10_007 + "\"")
            .collect(Collectors.joining(","));
    String wide =
        IntStream.range(0, 60)
            .mapToObj(i -> "\"p" + i + "\":{\"type\":[\"string\",\"number\",\"null\"]}")
            .collect(Collectors.joining(","));
    return new String[] {
      "{\"type\":\"object\"}",
      "{}",
      "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\",\"additionalProperties\":true}}",
      "{\"type\":\"string\",\"maxLength\":60000}",
      "{\"type\":\"string\",\"minLength\":100,\"maxLength\":5000}",
      "{\"type\":\"string\",\"pattern\":\"^[A-Z][a-z]+( [A-Z][a-z]+){0,40}$\"}",
      "{\"type\":\"string\",\"pattern\":\"(ab|cd).*(ef|gh)[0-9]{2,20}\"}",
      "{\"type\":\"string\",\"pattern\":\"^([a-w]{0,30}x){1,20}$\"}",
      "{\"type\":\"string\",\"format\":\"email\"}",
      "{\"type\":\"string\",\"format\":\"uri\"}",
      "{\"type\":\"string\",\"format\":\"date-time\",\"pattern\":\"^20\"}",
      "{\"type\":\"array\",\"items\":{\"enum\":[" + values + "]},\"maxItems\":1000}",
      "{\"type\":\"object\",\"properties\":{" + wide + "},\"additionalProperties\":false}",
      "{\"type\":\"object\",\"properties\":{"
          + wide
          + "},\"minProperties\":9,\"maxProperties\":30}",
      "{\"type\":\"object\",\"patternProperties\":{\"^a\":{\"type\":\"integer\"},\"z$\":{\"type\":\"string\"}}}",
      "{\"type\":\"number\",\"minimum\":-17.25,\"maximum\":1234567.5,\"multipleOf\":0.25}",
      "{\"$ref\":\"#/$defs/n\",\"$defs\":{\"n\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
          + "\"children\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/n\"}}},\"required\":[\"name\"]}}}",
      "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":\"string\",\"maxLength\":20},{\"type\":\"string\","
          + "\"pattern\":\"^x\"},{\"type\":\"integer\"},{\"type\":\"object\"}]}}"
    };
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void answersToSchemasOfManyKinds(String schema) throws Exception {
    TokenMasks masks = masks(SchemaGrammar.of(schema).gbnf());
    for (int round = 0; round < 2; round++) {
      String text = answer(masks, true, new Random(SEED + round));
      if (!text.isEmpty()) {
        assertThat(SchemaValidator.of(schema).check(text))
            .as("seed %d: %s of %s", SEED + round, text, schema)
            .isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "root ::= .*",
        "root ::= (word (\" \" | \"\\n\"))* word\nword ::= [a-zA-Z]+ | [0-9]+ | [^a-zA-Z0-9 \\n]",
        "root ::= line+\nline ::= \"- \" [^\\n]+ \"\\n\"",
        "root ::= sum\nsum ::= term ((\"+\" | \"-\") term)*\nterm ::= part (\"*\" part)*\n"
            + "part ::= [0-9]+ | [a-z] [a-z0-9_]* | \"(\" sum \")\"",
        "root ::= object\nvalue ::= object | array | string | number | (\"true\" | \"null\") blank\n"
            + "object ::= \"{\" blank (string \":\" blank value (\",\" blank string \":\" blank value)*)?"
            + " \"}\" blank\narray ::= \"[\" blank (value (\",\" blank value)*)? \"]\" blank\n"
            + "string ::= \"\\\"\" ([^\"\\\\\\x7F\\x00-\\x1F] | \"\\\\\" [\"\\\\bfnrt])* \"\\\"\" blank\n"
            + "number ::= \"-\"? [0-9]{1,15} blank\nblank ::= [ \\t\\n]*"
      })
  void answersToGrammarsOfCallers(String grammar) throws Exception {
    TokenMasks masks = masks(grammar);
    for (int round = 0; round < 2; round++) {
      answer(masks, false, new Random(SEED + round));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(?:[A-Za-z ,.]+[!?] ?){1,30}",
        "[^\\n]{1,900}",
        "\\d{4}-\\d\\d-\\d\\d .*",
        "(\\w+@\\w+\\.(com|org)(, )?)+"
      })
  void answersToRegularExpressions(String pattern) throws Exception {
    TokenMasks masks = masks(PatternGrammar.of(pattern).gbnf());
    for (int round = 0; round < 2; round++) {
      answer(masks, false, new Random(SEED + round));
    }
  }
}

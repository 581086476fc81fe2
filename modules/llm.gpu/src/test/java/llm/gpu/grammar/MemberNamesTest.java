package llm.gpu.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.core.schema.valid.InvalidSchema;
import llm.core.schema.valid.SchemaValidator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("T-7: an object of a JSON text gets no name twice")
class MemberNamesTest {
  /** Another one by -Dllm.test.seed=…. */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);

  private static final int TEXTS = 2_000;
  private static final int MOST_BYTES = 12; // of a token

  private final Random random = new Random(SEED);
  private final MemberNames names = new MemberNames();

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      delimiter = '|',
      value = {
        "{\"a\":1,\"        | a\"           | false | at once",
        "{\"a\":1,\"a       | \"            | false | a quote alone",
        "{\"a\":1,\"a       | a\"           | true  | a longer name",
        "{\"a\":1,\"a       | b             | true  | a name that is not said to its end",
        "{\"a\":1,\"a       | \":2          | false | a token that goes on",
        "{\"x\":1,\"y       | \":2,\"x\"    | false | the second name of the token",
        "{\"x\":1,\"y       | \":2,\"y\"    | false | a name of the token itself",
        "{\"x\":1,\"y       | \":2,\"z\"    | true  | two new names",
        "{\"a\":{\"         | a\"           | true  | an object within",
        "{\"a\":{\"a\":1    | },\"a\"       | false | the outer object again",
        "{\"a\":[{\"b\":1   | },{\"b\"      | true  | the next object",
        "{\"a\":\"a         | \"            | true  | a value",
        "{\"a\":[\"a\",     | \"a\"         | true  | elements",
        "{\"a\":\"\\\"      | ,\\\"a\\\":\" | true  | a value that looks like members",
        "{\"a\":1,\"\\u0061 | \"            | false | an escape",
        "{\"\\u0061\":1,\"a | \"            | false | an escape before",
        "{\"\\\\\":1,\"\\   | \\\"          | false | a backslash",
        "{\"\\\"\":1,\"\\   | \"\"          | false | a quote",
        "{\"\uD83D\uDE00\":1,\"\\ud83d  | \\ude00\"     | false | a pair of escapes",
        "{\"\":1,\"         | \"            | false | no characters",
      })
  void aNameMayComeOnceInAnObject(String said, String token, boolean allowed, String why) {
    names.take(utf8(said));
    assertThat(names.allows(utf8(token))).as(why).isEqualTo(allowed);
    assertThat(names.allows(utf8(token))).as("asked again: %s", why).isEqualTo(allowed);
  }

  @Test
  void whereverATextIsCutIntoTokensTheFirstRepeatIsFound() {
    int repeats = 0;
    for (int i = 0; i < TEXTS; i++) {
      byte[] text = utf8(object(4));
      repeats += follow(text) ? 0 : 1;
    }
    assertThat(repeats).as("texts with a repeat").isBetween(TEXTS / 10, TEXTS * 9 / 10);
  }

  /** Asks for tokens of every length at every cut; returns whether the text came to its end. */
  private boolean follow(byte[] text) {
    var fresh = new MemberNames();
    for (int at = 0; at < text.length; ) {
      for (int to = at + 1; to <= Math.min(text.length, at + MOST_BYTES); to++) {
        assertThat(fresh.allows(Arrays.copyOfRange(text, at, to)))
            .as("bytes %d to %d of %s, seed %d", at, to, latin(text, text.length), SEED)
            .isEqualTo(isSound(latin(text, to)));
      }
      int next = Math.min(text.length, at + 1 + random.nextInt(MOST_BYTES));
      byte[] token = Arrays.copyOfRange(text, at, next);
      if (!fresh.allows(token)) {
        return false;
      }
      fresh.take(token);
      at = next;
    }
    return true;
  }

  private static String latin(byte[] text, int to) {
    return new String(text, 0, to, StandardCharsets.ISO_8859_1);
  }

  private static final Pattern SIGN = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*+)\"|[\\[\\]{},]|\"");

  /** The same judgement, of a whole beginning at once. */
  private static boolean isSound(String begun) {
    Deque<Set<String>> open = new ArrayDeque<>();
    Deque<Boolean> objects = new ArrayDeque<>();
    String last = "";
    for (Matcher sign = SIGN.matcher(begun); sign.find(); last = sign.group()) {
      switch (sign.group()) {
        case "{", "[" -> {
          open.push(new HashSet<>());
          objects.push(sign.group().equals("{"));
        }
        case "}", "]" -> {
          open.pop();
          objects.pop();
        }
        case "," -> {}
        case "\"" -> {
          return true; // a string without its end
        }
        default -> {
          boolean isName = last.equals("{") || last.equals(",") && objects.peek();
          if (isName && !open.peek().add(sign.group(1).replace("\\u0061", "a"))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private String object(int levels) {
    var text = new StringBuilder("{");
    int members = random.nextInt(4);
    for (int i = 0; i < members; i++) {
      text.append(i == 0 ? "" : random.nextBoolean() ? "," : ", ");
      text.append('"').append(name()).append("\":").append(value(levels - 1));
    }
    return text.append('}').toString();
  }

  private String name() {
    List<String> few = List.of("a", "\\u0061", "\u00e9", "aa", "\\\"", "b", "\u20ac", "\\\\", "");
    return few.get(random.nextInt(few.size()));
  }

  private String value(int levels) {
    return switch (levels == 0 ? random.nextInt(3) : random.nextInt(6)) {
      case 0 -> "-12";
      case 1 -> "\"" + name() + "\"";
      case 2 -> "\"{,\\\"a\\\":[\"";
      case 3 -> "[" + value(levels - 1) + "," + value(levels - 1) + "]";
      case 4 -> "[]";
      default -> object(levels);
    };
  }

  @Test
  void aTextIsNestedAsDeepAsTheValidatorReads() throws InvalidSchema {
    int most = SchemaValidator.MOST_LEVELS;
    SchemaValidator any = SchemaValidator.of("true");
    assertThat(any.check("[".repeat(most) + "]".repeat(most))).isEmpty();
    assertThat(any.check("[".repeat(most + 1) + "]".repeat(most + 1))).isPresent();
    assertThat(names.allows(utf8("[".repeat(most)))).isTrue();
    assertThat(names.allows(utf8("[".repeat(most + 1)))).isFalse();
    names.take(utf8("[".repeat(most - 1)));
    assertThat(names.allows(utf8("[["))).isFalse();
    assertThat(names.allows(utf8("\"\",[{"))).as("with a quote").isFalse();
    assertThat(names.allows(utf8("[],[]"))).isTrue();
    assertThat(names.allows(utf8("\"[[{{\",{"))).as("brackets in a string").isTrue();
    names.take(utf8("{\""));
    assertThat(names.allows(utf8("[[["))).as("in a name").isTrue();
    names.take(utf8("\":1}"));
    assertThat(names.allows(utf8(",{}"))).isTrue();
  }
}

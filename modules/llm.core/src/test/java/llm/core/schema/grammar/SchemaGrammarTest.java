package llm.core.schema.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.core.testkit.grammar.GbnfMachine;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.Test;

class SchemaGrammarTest {

  @Test
  void writesOneRuleForEachObject() throws UnsupportedSchema {
    Grammar grammar =
        SchemaGrammar.of(
            """
            {"type": "object", "properties": {
               "name": {"type": "string", "maxLength": 20},
               "age": {"type": "integer", "minimum": 0, "maximum": 150},
               "kind": {"enum": ["cat", "car", "dog"]},
               "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
               "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3}},
             "required": ["name", "kind"]}
            """);
    var machine = new GbnfMachine(grammar.gbnf());
    assertThat(machine.accepts("{\"name\":\"a\",\"kind\":\"cat\"}")).isTrue();
    assertThat(machine.accepts("{\"name\":\"a\",\"age\":150,\"kind\":\"cat\"}")).isTrue();
    assertThat(machine.accepts("{\"name\":\"a\",\"age\":151,\"kind\":\"cat\"}")).isFalse();
    assertThat(machine.accepts("{\"name\": \"a\", \"kind\": \"dog\", \"next\": null}")).isTrue();
    assertThat(machine.accepts("{\"kind\":\"dog\"}")).isFalse();
  }

  @Test
  void anyObjectHasValuesOfAllTypesAndEnds() {
    var machine = new GbnfMachine(SchemaGrammar.anyObject().gbnf());
    assertThat(machine.accepts("{}")).isTrue();
    assertThat(machine.accepts("{\"a\": [1, {\"b\": null}], \"c\": -1.5e3}")).isTrue();
    assertThat(machine.accepts("[]")).isFalse();
    assertThat(machine.accepts("{\"a\":" + "[".repeat(40) + "]".repeat(40) + "}")).isFalse();
    var random = new Random(1);
    for (int i = 0; i < 200; i++) {
      String text = machine.walk(random);
      assertThat(machine.accepts(text)).as(text).isTrue();
    }
  }

  @Test
  void aRefusalIsAnErrorThatNamesTheFieldOfTheRequest() {
    assertThatThrownBy(() -> SchemaGrammar.of("{\"properties\":{\"a\":{\"pattern\":\"(?=x)\"}}}"))
        .isInstanceOfSatisfying(
            UnsupportedSchema.class,
            refusal -> {
              assertThat(refusal.path()).isEqualTo("$.properties.a.pattern");
              assertThat(refusal.error("response_format.json_schema.schema"))
                  .isInstanceOfSatisfying(
                      LlmError.InvalidRequest.class,
                      error -> {
                        assertThat(error.path())
                            .contains("response_format.json_schema.schema.properties.a.pattern");
                        assertThat(error.message()).contains("lookaround");
                      });
            });
  }

  @Test
  void optionalMembersTakeRulesInNumberAndNotInPower() throws UnsupportedSchema {
    String members =
        IntStream.range(0, 200)
            .mapToObj(i -> "\"m" + i + "\":{\"type\":\"integer\"}")
            .collect(Collectors.joining(","));
    Grammar grammar = SchemaGrammar.of("{\"type\":\"object\",\"properties\":{" + members + "}}");
    var machine = new GbnfMachine(grammar.gbnf());
    assertThat(machine.rules()).isLessThan(450);
    assertThat(machine.accepts("{\"m0\":1,\"m77\": 2, \"m199\":3}")).isTrue();
    assertThat(machine.accepts("{\"m77\":1,\"m0\":2}")).isFalse();
  }

  @Test
  void whatIsAskedInManyPlacesIsOneRule() throws UnsupportedSchema {
    String members =
        IntStream.range(0, 50)
            .mapToObj(i -> "\"m" + i + "\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":100}")
            .collect(Collectors.joining(","));
    Grammar grammar = SchemaGrammar.of("{\"type\":\"object\",\"properties\":{" + members + "}}");
    assertThat(new GbnfMachine(grammar.gbnf()).rules()).isLessThan(60);
  }

  @Test
  void whatWouldTakeTooMuchIsRefused() {
    assertRefused("{\"maxLength\":1" + " ".repeat(300_000) + "}", "$");
    assertRefused("{\"items\":".repeat(200) + "{}" + "}".repeat(200), "$");
    String patterns =
        IntStream.range(0, 200)
            .mapToObj(i -> "{\"pattern\":\"^[a-z" + (i % 10) + "]{1," + (800 + i) + "}$\"}")
            .collect(Collectors.joining(","));
    assertRefused("{\"type\":\"string\",\"allOf\":[" + patterns + "]}", "$.allOf[");
    String choices =
        IntStream.range(0, 12)
            .mapToObj(i ->
                "{\"anyOf\":[{\"required\":[\"a" + i + "\"]},{\"required\":[\"b" + i + "\"]}]}")
            .collect(Collectors.joining(","));
    assertRefused("{\"type\":\"object\",\"allOf\":[" + choices + "]}", "$.allOf[");
    String enums =
        IntStream.range(0, 9_000)
            .mapToObj(i -> "\"" + Integer.toString(i * 7_919, 36) + "\"")
            .collect(Collectors.joining(","));
    assertRefused("{\"enum\":[" + enums + "]}", "$.enum");
  }

  @Test
  void alternativesThatMultiplyAreRefusedBeforeTheyAreMade() {
    String names = listed(4_000, i -> "\"p" + i + "\":true");
    String choices = listed(128, i -> "{\"required\":[\"p" + i + "\"]}");
    String schema =
        "{\"type\":\"object\",\"properties\":{%s},\"allOf\":[{\"anyOf\":[%s]},{\"anyOf\":[%s]}]}";
    assertRefused(schema.formatted(names, choices, choices), "$.allOf[1]");
    String some = listed(11, i -> "{\"anyOf\":[%s]}".formatted(choices));
    String single = "{\"type\":\"object\",\"properties\":{%s},\"anyOf\":[%s],\"minProperties\":2}";
    String wide = listed(4, i -> "\"o%d\":%s".formatted(i, single.formatted(names, choices)));
    assertRefused("{\"properties\":{%s}}".formatted(wide), "$", "too involved");
    assertRefused("{\"items\":{\"allOf\":[%s]}}".formatted(some), "$.items.allOf[1]");
  }

  @Test
  void branchesAreToldApartByWhatDiffersFirst() throws UnsupportedSchema {
    Grammar grammar = SchemaGrammar.of(branches(128, 60));
    assertThat(grammar.gbnf()).contains("127");
  }

  @Test
  void branchesThatCannotBeToldApartWithLittleWorkAreRefused() {
    assertRefused(branches(128, 500), "$", "too involved");
  }

  /** Branches with a constant each, of an object whose other members nest four levels deep. */
  private static String branches(int count, int required) {
    String tree = "{\"type\":\"string\"}";
    var definitions = new StringBuilder("\"t0\":").append(tree);
    String seven = listed(7, i -> "\"m" + i + "\"");
    for (int level = 1; level <= 4; level++) {
      String next = "{\"$ref\":\"#/$defs/t" + (level - 1) + "\"}";
      definitions.append(
          ",\"t%d\":{\"type\":\"object\",\"properties\":{%s},\"required\":[%s]}"
              .formatted(level, listed(7, i -> "\"m" + i + "\":" + next), seven));
    }
    return "{\"$defs\":{%s},\"type\":\"object\",\"properties\":{%s},\"required\":[%s],\"oneOf\":[%s]}"
        .formatted(
            definitions,
            listed(required, i -> "\"p" + i + "\":{\"$ref\":\"#/$defs/t4\"}"),
            listed(required, i -> "\"p" + i + "\""),
            listed(
                count, i -> "{\"properties\":{\"k\":{\"const\":" + i + "}},\"required\":[\"k\"]}"));
  }

  private static String listed(int count, IntFunction<String> each) {
    return IntStream.range(0, count).mapToObj(each).collect(Collectors.joining(","));
  }

  @Test
  void aSmallStackHoldsTheLongestString() throws Exception {
    String word = "z".repeat(2_900);
    var made = new CompletableFuture<Grammar>();
    Runnable maker =
        () -> {
          try {
            made.complete(SchemaGrammar.of("{\"const\":\"" + word + "\"}"));
          } catch (UnsupportedSchema | StackOverflowError failure) {
            made.completeExceptionally(failure);
          }
        };
    new Thread(null, maker, "small", 256 << 10).start();
    var machine = new GbnfMachine(made.get(1, TimeUnit.MINUTES).gbnf());
    assertThat(machine.accepts("\"" + word + "\"")).isTrue();
    assertThat(machine.accepts("\"" + word + "z\"")).isFalse();
  }

  @Test
  void membersUnderNotDoNotCountAsEvaluated() throws UnsupportedSchema {
    String members = "{\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]}";
    String schema = "{\"type\":\"object\",\"allOf\":[%s],\"unevaluatedProperties\":false}";
    assertRefused(
        schema.formatted("{\"not\":{\"not\":" + members + "}}"), "$.unevaluatedProperties");
    var machine = new GbnfMachine(SchemaGrammar.of(schema.formatted(members)).gbnf());
    assertThat(machine.accepts("{\"a\":\"b\"}")).isTrue();
  }

  @Test
  void halvesOfCharactersThatDoNotBelongTogetherAreRefused() throws UnsupportedSchema {
    assertRefused("{\"pattern\":\"^\\\\uD83D\\\\u0041$\"}", "$.pattern", "half a character");
    Grammar grammar =
        SchemaGrammar.of("{\"type\":\"string\",\"pattern\":\"^\\\\uD83D\\\\uDC32$\"}");
    assertThat(new GbnfMachine(grammar.gbnf()).accepts("\"🐲\"")).isTrue();
  }

  @Test
  void schemasThatGoRoundInManyWaysAreReadOnce() throws UnsupportedSchema {
    var definitions = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      String next = "{\"$ref\":\"#/$defs/d" + (i + 1) + "\"}";
      definitions.append("\"d%d\":{\"anyOf\":[%s,%s]},".formatted(i, next, next));
    }
    String schema =
        "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + definitions + "\"d60\":{\"type\":\"null\"}}}";
    assertThat(SchemaGrammar.of(schema).gbnf()).isEqualTo("root ::= \"null\"\n");
  }

  private static void assertRefused(String schema, String path, String why) {
    assertRefused(schema, path);
    assertThatThrownBy(() -> SchemaGrammar.of(schema)).hasMessageContaining(why);
  }

  private static void assertRefused(String schema, String path) {
    assertThatThrownBy(() -> SchemaGrammar.of(schema))
        .isInstanceOfSatisfying(
            UnsupportedSchema.class, refusal -> assertThat(refusal.path()).startsWith(path));
  }
}

package llm.core.schema.valid;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** What a schema lets through and what not, and how that is told. */
class SchemaValidatorTest {

  @ParameterizedTest(name = "{0} | {1} | {2}")
  @CsvFileSource(
      resources = "judgements.txt",
      delimiter = '|',
      quoteCharacter = '\u0001',
      maxCharsPerColumn = 10_000)
  void judges(String verdict, String schema, String text) throws InvalidSchema {
    var violation = SchemaValidator.of(schema).check(text);
    if (verdict.equals("ok")) {
      assertThat(violation).isEmpty();
    } else {
      assertThat(violation).get().extracting(Violation::keyword).isEqualTo(verdict);
    }
  }

  @ParameterizedTest(name = "{0} | {1}")
  @CsvFileSource(
      resources = "unjudged.txt",
      delimiter = '|',
      quoteCharacter = '\u0001',
      maxCharsPerColumn = 10_000)
  void refusesWhatItCannotJudgeByAndSaysWhere(String path, String schema) {
    var refusal = catchThrowableOfType(InvalidSchema.class, () -> SchemaValidator.of(schema));
    assertThat(refusal).as("a refusal").isNotNull();
    assertThat(refusal.path()).isEqualTo(path);
    assertThat(refusal.reason()).isNotBlank().doesNotEndWith(".");
  }

  @Test
  void tellsWhereInTheTextAndWhatWasFound() throws InvalidSchema {
    var validator =
        SchemaValidator.of(
            """
            {"properties":{"items":{"items":{"properties":{"n":{"type":"integer"}}}}}}\
            """);
    var violation = validator.check("{\"items\":[{},{\"n\":1.5}]}").orElseThrow();
    assertThat(violation.path()).isEqualTo("items[1].n");
    assertThat(violation.keyword()).isEqualTo("$.properties.items.items.properties.n.type");
    assertThat(violation.problem()).isEqualTo("expected a whole number, found 1.5");
    assertThat(violation.toError().message())
        .isEqualTo(
            "The model's answer does not fit its schema: items[1].n: expected a whole number,"
                + " found 1.5 ($.properties.items.items.properties.n.type).");
  }

  @Test
  void repeatsNoTextOfTheValue() throws InvalidSchema {
    String secret = "the whole document ".repeat(100);
    for (String schema :
        new String[] {
          "{\"maxLength\":3}",
          "{\"pattern\":\"^x\"}",
          "{\"format\":\"date\"}",
          "{\"type\":\"null\"}"
        }) {
      var violation = SchemaValidator.of(schema).check("\"" + secret + "\"").orElseThrow();
      assertThat(violation.message()).doesNotContain("document").hasSizeLessThan(200);
    }
  }

  @Test
  void prefersWhatIsWrongInsideOfTheAlternativeThatWasMeant() throws InvalidSchema {
    var validator =
        SchemaValidator.of(
            """
            {"anyOf":[{"type":"null"},{"properties":{"a":{"type":"string"}},"type":"object"}]}\
            """);
    assertThat(validator.check("{\"a\":1}").orElseThrow().path()).isEqualTo("a");
    assertThat(validator.check("3").orElseThrow().keyword()).isEqualTo("$.anyOf");
  }

  @Test
  void comparesNumbersWithoutWritingThemOut() throws InvalidSchema {
    var huge = SchemaValidator.of("{\"multipleOf\":3,\"minimum\":1e999999998}");
    assertThat(huge.check("3e999999999")).isEmpty();
    assertThat(huge.check("1e999999999").orElseThrow().keyword()).isEqualTo("$.multipleOf");
    assertThat(huge.check("1e-999999999").orElseThrow().keyword()).isNotEmpty();
    assertThat(SchemaValidator.of("{\"uniqueItems\":true}").check("[1e999999999,1e999999998]"))
        .isEmpty();
    var any = SchemaValidator.of("true");
    assertThat(any.check("1e1000000000").orElseThrow().problem()).contains("exponent");
    assertThat(any.check("[0,{\"a\":-1E-99999999999}]").orElseThrow().path()).isEqualTo("[1].a");
  }

  @Test
  void endsWhateverThePatternIs() throws InvalidSchema {
    var validator = SchemaValidator.of("{\"pattern\":\"^(a|a|aa|a*)*(b|a*a*)*c$\"}");
    String text = "\"" + "a".repeat(20_000) + "\"";
    assertThat(validator.check(text).orElseThrow().keyword()).isEqualTo("$.pattern");
  }

  @Test
  void endsWhereAlternativesMultiply() throws InvalidSchema {
    var schema = new StringBuilder("{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
    for (int i = 0; i < 60; i++) {
      String next = "{\"$ref\":\"#/$defs/a" + (i + 1) + "\"}";
      schema.append("\"a%d\":{\"anyOf\":[%s,%s]},".formatted(i, next, next));
    }
    schema.append("\"a60\":false}}");
    var violation = SchemaValidator.of(schema.toString()).check("1").orElseThrow();
    assertThat(violation.problem()).contains("steps");
  }

  @Test
  void endsWhereReferencesAreChainedWithoutEnd() throws InvalidSchema {
    var schema = new StringBuilder("{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
    for (int i = 0; i < 5_000; i++) {
      schema.append("\"a%d\":{\"$ref\":\"#/$defs/a%d\"},".formatted(i, i + 1));
    }
    schema.append("\"a5000\":true}}");
    var violation = SchemaValidator.of(schema.toString()).check("1").orElseThrow();
    assertThat(violation.problem()).contains("levels");
  }

  @Test
  void aThreadsStackHoldsTheDeepestJudgement() throws Exception {
    var schema = new StringBuilder("{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
    for (int i = 0; i < 6; i++) {
      String next = "{\"$ref\":\"#/$defs/a" + (i + 1) + "\"}";
      schema.append("\"a%d\":{\"anyOf\":[%s]},".formatted(i, next));
    }
    schema.append("\"a6\":{\"properties\":{\"x\":{\"$ref\":\"#\"}}}}}");
    var validator = SchemaValidator.of(schema.toString());
    String text = "{\"x\":".repeat(127) + "{}" + "}".repeat(127);
    var violations = new LinkedBlockingQueue<Optional<Violation>>();
    Runnable judge = () -> violations.add(validator.check(text));
    Thread.ofVirtual().start(judge);
    Thread.ofPlatform().start(judge);
    for (int i = 0; i < 2; i++) {
      var violation = violations.poll(20, TimeUnit.SECONDS);
      assertThat(violation).as("a judgement").isNotNull();
      assertThat(violation.orElseThrow().problem()).contains("levels");
    }
  }

  @Test
  void endsWhereHashesMeet() throws InvalidSchema {
    var text = new StringBuilder("[");
    for (int i = 0; i < 1 << 14; i++) {
      text.append(i == 0 ? "\"" : ",\"");
      for (int bit = 0; bit < 14; bit++) {
        text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      text.append('"');
    }
    var violation = SchemaValidator.of("{\"uniqueItems\":true}").check(text.append(']').toString());
    assertThat(violation.orElseThrow().problem()).contains("steps");
  }

  @Test
  void countsWhatItTakesToFindThatElementsDiffer() throws InvalidSchema {
    String text =
        IntStream.range(0, 30_000).mapToObj(Integer::toString).collect(joining(",", "[", "]"));
    var validator = SchemaValidator.of("{\"uniqueItems\":true}");
    assertThat(validator.check(text)).isEmpty();
    assertThat(validator.check(text, 1_000_000).orElseThrow().problem())
        .contains("more than 1000000 steps");
    assertThat(validator.check("[1,2,1]", 1_000_000).orElseThrow().path()).isEqualTo("[2]");
  }

  @Test
  void patternsTakeABoundedAmountOfMemoryTogether() {
    String different =
        IntStream.range(0, 4_500)
            .mapToObj(i -> "\"p" + i + "\":{\"pattern\":\"a{0," + (5_000 + i) + "}\"}")
            .collect(joining(","));
    var refusal =
        catchThrowableOfType(
            InvalidSchema.class, () -> SchemaValidator.of("{\"properties\":{" + different + "}}"));
    assertThat(refusal).hasMessageContaining("together");
    assertThat(refusal.path()).isEqualTo("$.properties.p9.pattern");
  }

  @Test
  void aPatternThatStandsInManyPlacesCountsOnce() throws InvalidSchema {
    String same =
        IntStream.range(0, 4_500)
            .mapToObj(i -> "\"p" + i + "\":{\"pattern\":\"^a{0,9000}$\"}")
            .collect(joining(","));
    var validator = SchemaValidator.of("{\"properties\":{" + same + "}}");
    assertThat(validator.check("{\"p4499\":\"aaa\"}")).isEmpty();
    assertThat(validator.check("{\"p4499\":\"ab\"}").orElseThrow().path()).isEqualTo("p4499");
  }

  @Test
  void followsASchemaThatContainsItselfAsFarAsTheValueGoes() throws InvalidSchema {
    var list =
        SchemaValidator.of(
            """
            {"properties":{"next":{"$ref":"#"},"v":{"type":"integer"}},"required":["v"]}\
            """);
    String deep = "{\"v\":1,\"next\":".repeat(120) + "{\"v\":1}" + "}".repeat(120);
    assertThat(list.check(deep)).isEmpty();
    String wrong = "{\"v\":1,\"next\":".repeat(120) + "{}" + "}".repeat(120);
    assertThat(list.check(wrong).orElseThrow().keyword()).isEqualTo("$.required");
  }

  @Test
  void limitsTheDepthOfTextsAndSchemas() throws InvalidSchema {
    var any = SchemaValidator.of("{}");
    assertThat(any.check("[".repeat(128) + "]".repeat(128))).isEmpty();
    assertThat(any.check("[".repeat(129) + "]".repeat(129)).orElseThrow().keyword()).isEqualTo("$");
    String deep = "{\"not\":".repeat(129) + "{}" + "}".repeat(129);
    assertThatThrownBy(() -> SchemaValidator.of(deep))
        .isInstanceOf(InvalidSchema.class)
        .hasMessageContaining("levels");
  }

  @Test
  void limitsTheSizeOfSchemas() {
    String wide = "{\"enum\":[" + "1,".repeat(60_000) + "1]}";
    assertThatThrownBy(() -> SchemaValidator.of(wide)).hasMessageContaining("values");
    String longText = "{\"description\":\"" + "x".repeat(600_000) + "\"}";
    assertThatThrownBy(() -> SchemaValidator.of(longText)).hasMessageContaining("characters");
  }

  @Test
  void servesManyThreadsAtOnce() throws Exception {
    var validator =
        SchemaValidator.of(
            """
            {"unevaluatedProperties":false,"anyOf":[{"properties":{"a":{"type":"integer"}}},\
            {"properties":{"b":{"pattern":"^x+$"}}}]}\
            """);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var all =
          IntStream.range(0, 200)
              .mapToObj(i ->
                  threads.submit(() ->
                      validator
                          .check(i % 2 == 0 ? "{\"a\":1,\"b\":\"xx\"}" : "{\"c\":1}")
                          .isEmpty()))
              .toList();
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i).get()).isEqualTo(i % 2 == 0);
      }
    }
  }

  @Test
  void isARefusalOfTheRequestThatHasTheSchema() {
    assertThatThrownBy(() -> SchemaValidator.of("{\"minLength\":-1}"))
        .isInstanceOfSatisfying(
            InvalidSchema.class,
            refusal ->
                assertThat(refusal.toError("response_format.json_schema.schema").message())
                    .contains("$.minLength")
                    .contains("from 0 on"));
  }
}

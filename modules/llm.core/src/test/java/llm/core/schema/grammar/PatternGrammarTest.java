package llm.core.schema.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.core.testkit.grammar.GbnfMachine;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Grammars of regular expressions, and what one may take")
class PatternGrammarTest {
  private static final String TOO_MUCH = "more than 3000000 steps; write it with fewer";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(.*a){1000}",
        ".{0,1000}.{0,1000}.{0,1000}",
        "(.{0,1000}){3}",
        "(a?){1000}(b?){1000}(c?){900}"
      })
  void whatWouldTakeLongIsRefusedAsTooLarge(String pattern) {
    assertThat(catchThrowableOfType(UnsupportedSchema.class, () -> PatternGrammar.of(pattern)))
        .hasMessageContaining("the pattern takes " + TOO_MUCH)
        .returns("$", UnsupportedSchema::path);
    String schema = "{\"properties\": {\"a\": {\"pattern\": \"^" + pattern + "$\"}}}";
    assertThat(catchThrowableOfType(UnsupportedSchema.class, () -> SchemaGrammar.of(schema)))
        .hasMessageContaining("the pattern takes ")
        .returns("$.properties.a.pattern", UnsupportedSchema::path);
  }

  @Test
  void thePatternsOfASchemaShareWhatTheyMayTake() throws Exception {
    String one = "\"p%d\": {\"pattern\": \"^%d(.*a){100}$\"}";
    assertThat(SchemaGrammar.of(schema(one, 2)).gbnf()).isNotEmpty();
    assertThat(
            catchThrowableOfType(UnsupportedSchema.class, () -> SchemaGrammar.of(schema(one, 9))))
        .hasMessageContaining(TOO_MUCH);
  }

  private static String schema(String property, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> property.formatted(i, i))
        .collect(Collectors.joining(",", "{\"properties\": {", "}}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[a-z]{1,30}@[a-z.]+",
        ".{0,1000}",
        "[A-Za-z0-9+/]{1,1000}={0,2}",
        "(a|b)*a(a|b){9}",
        "([a-z][0-9]?){1,400}",
        "(\\w+\\s){0,300}"
      })
  void whatIsLargeButPlainIsHeld(String pattern) throws Exception {
    assertThat(new GbnfMachine(PatternGrammar.of(pattern).gbnf()).accepts("\n")).isFalse();
  }
}

package llm.core.schema.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaReferenceTest {
  @ParameterizedTest
  @CsvSource({
    "a.json, a.json, ''",
    "a.json#, a.json, ''",
    "#name, '', name",
    "a.json#/x/y, a.json, /x/y",
    "a#b#c, a, b#c",
    "'', '', ''"
  })
  void aReferenceIsAnAddressAndWhatStandsThere(String text, String address, String fragment) {
    assertThat(SchemaReference.of(text)).isEqualTo(new SchemaReference(address, fragment));
  }

  @Test
  void percentEscapesAreReadAndPlusSignsAreThemselves() {
    assertThat(SchemaReference.of("#/a%25b+%C3%BC").decodedFragment()).isEqualTo("/a%b+ü");
    assertThatThrownBy(SchemaReference.of("#/50%")::decodedFragment)
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theStepsOfAPointerAreUnescapedInTheOrderOfTheStandard() {
    assertThat(SchemaReference.steps("/a~1b/~01/")).containsExactly("a/b", "~1", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"3", "03", "-1", "+1", "", "1e0", "x", "4294967296", "１"})
  void whatIsNoIndexOfAnArrayIsNone(String step) {
    assertThat(SchemaReference.index(step, 3)).isNegative();
  }

  @Test
  void anIndexIsRead() {
    assertThat(SchemaReference.index("0", 1)).isZero();
    assertThat(SchemaReference.index("12", 13)).isEqualTo(12);
  }
}

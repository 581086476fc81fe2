package llm.domain.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("D-1 PromptTemplate")
class PromptTemplateTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                         | ''",
        "no place                   | no place",
        "{a}                        | 1",
        "{a}{b_2}{a}                | 121",
        "x {a} y {b_2} z            | x 1 y 2 z",
        "{{a}}                      | {a}",
        "{{{a}}}                    | {1}",
        "{{\"k\": \"{a}\"}}         | {\"k\": \"1\"}",
        "{a}}}                      | 1}",
        "{{ and }}                  | { and }",
      })
  void putsValuesAtTheirPlaces(String template, String prompt) {
    assertThat(PromptTemplate.of(template).render(Map.of("a", "1", "b_2", "2", "unused", "3")))
        .isEqualTo(prompt);
  }

  @Test
  void readsNoPlaceOutOfAValue() {
    assertThat(PromptTemplate.of("{a} {b}").render(Map.of("a", "{b} {{", "b", "$1 \\")))
        .isEqualTo("{b} {{ $1 \\");
  }

  @Test
  void namesItsVariablesOnceInTheOrderOfUse() {
    var template = PromptTemplate.of("{text} {language} {text} {{none}} {_x}");
    assertThat(template.variables()).containsExactly("text", "language", "_x");
    assertThatThrownBy(() -> template.variables().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void tellsWhichVariablesHaveNoValue() {
    var template = PromptTemplate.of("{c} {a} {b}");
    assertThat(template.missingVariables(Map.of("a", "1"))).containsExactly("c", "b");
    assertThat(template.missingVariables(Map.of("a", "", "b", "", "c", ""))).isEmpty();
  }

  @Test
  void refusesToRenderWithoutEveryValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PromptTemplate.of("{c} {a} {b}").render(Map.of("a", "1")))
        .withMessage("prompt template has no value for c, b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"a {b | { | 3", "{ | { | 1", "a} | } | 2", "{a}} | } | 4", "{{a} | } | 4"})
  void refusesABraceWithoutPartner(String template, String brace, int position) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PromptTemplate.of(template))
        .withMessage(
            "prompt template has a '%s' without partner at character %d; a brace that is meant as"
                + " such is written twice",
            brace, position);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "first name", "1st", "a-b", "имя", "a{b", "\"k\": 1"})
  void refusesAPlaceWithoutALegalName(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PromptTemplate.of("To {" + name + "}"))
        .withMessage(
            "prompt template has a place named '%s' at character 4; a name must match"
                + " [A-Za-z_][A-Za-z0-9_]{0,63}, and a brace that is meant as such is written"
                + " twice",
            name);
  }

  @Test
  void takesNamesOfUpTo64Characters() {
    assertThat(PromptTemplate.of("{" + "x".repeat(64) + "}").variables()).hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PromptTemplate.of("{" + "x".repeat(65) + "}"));
  }

  @Test
  void isEqualByItsText() {
    var template = PromptTemplate.of("Hello {name}");
    assertThat(template)
        .isEqualTo(PromptTemplate.of("Hello {name}"))
        .hasSameHashCodeAs(PromptTemplate.of("Hello {name}"))
        .isNotEqualTo(PromptTemplate.of("Hello {you}"))
        .isNotEqualTo("Hello {name}")
        .hasToString("Hello {name}");
    assertThat(template.text()).isEqualTo("Hello {name}");
  }
}

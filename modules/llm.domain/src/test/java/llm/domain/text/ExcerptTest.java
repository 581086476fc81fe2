package llm.domain.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExcerptTest {

  @Test
  void showsAShortValueAsItIs() {
    assertThat(Excerpt.of("gpt-4o")).isEqualTo("'gpt-4o'");
    assertThat(Excerpt.of("x".repeat(64))).isEqualTo("'" + "x".repeat(64) + "'");
  }

  @Test
  void keepsTheMessageOnOneLine() {
    assertThat(Excerpt.of("a\nb\u0000")).isEqualTo("'a?b?'");
  }

  @Test
  void cutsALongValueAndTellsItsLength() {
    assertThat(Excerpt.of("x".repeat(65))).isEqualTo("'" + "x".repeat(64) + "…' (65 characters)");
  }

  @Test
  void cutsNoCharacterInHalf() {
    assertThat(Excerpt.of("x".repeat(63) + "😀"))
        .isEqualTo("'" + "x".repeat(63) + "…' (65 characters)");
  }
}

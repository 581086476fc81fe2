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

  @Test
  void aWordThatIsQuotedIsShortenedBetweenCharacters() {
    assertThat(Excerpt.shortened("x".repeat(64))).isEqualTo("x".repeat(64));
    assertThat(Excerpt.shortened("x".repeat(65))).isEqualTo("x".repeat(64) + "…");
    assertThat(Excerpt.shortened("x".repeat(63) + "😀")).isEqualTo("x".repeat(63) + "…");
  }

  @Test
  void theEndsOfATextTellWhatIsLeftOutBetweenThem() {
    assertThat(Excerpt.ends("123456", 6)).isEqualTo("123456");
    assertThat(Excerpt.ends("123456789", 6))
        .isEqualTo("1234\n[… this is an excerpt: 3 characters are left out here …]\n89");
    assertThat(Excerpt.ends("😀😀😀😀", 4))
        .as("no half characters")
        .isEqualTo("😀\n[… this is an excerpt: 4 characters are left out here …]\n😀");
    assertThat(Excerpt.ends("😀😀😀😀", 5))
        .as("the beginning's")
        .startsWith("😀\n[")
        .endsWith("]\n😀");
    assertThat(Excerpt.ends("😀😀😀😀x", 4)).as("the end's").startsWith("😀\n[").endsWith("]\nx");
    assertThat(Excerpt.ends("ab", 0)).contains("2 characters");
  }
}

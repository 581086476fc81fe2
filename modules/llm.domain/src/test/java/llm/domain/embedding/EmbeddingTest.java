package llm.domain.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import llm.domain.chat.Usage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-3 Vectors")
class EmbeddingTest {
  @Test
  void keepsItsNumbersWhateverBecomesOfTheArray() {
    float[] values = {1, -2.5f};
    var vector = Embedding.of(values);
    values[0] = 9;
    assertThat(vector.size()).isEqualTo(2);
    assertThat(vector.get(0)).isEqualTo(1f);
    assertThat(vector.get(1)).isEqualTo(-2.5f);
    assertThat(vector).hasToString("Embedding of 2 dimensions");
  }

  @Test
  void isEqualByItsNumbers() {
    assertThat(Embedding.of(1, 2))
        .isEqualTo(Embedding.of(1, 2))
        .hasSameHashCodeAs(Embedding.of(1, 2))
        .isNotEqualTo(Embedding.of(2, 1))
        .isNotEqualTo("Embedding of 2 dimensions");
  }

  @Test
  void rejectsNoNumbersAndWhatIsNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(Embedding::of)
        .withMessageContaining("at least one");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Embedding.of(1, Float.NaN))
        .withMessageContaining("found NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Embedding.of(Float.NEGATIVE_INFINITY))
        .withMessageContaining("found -Infinity");
  }

  @Test
  void comesToLengthOneUnlessItIsZero() {
    assertThat(Embedding.of(3, 4).normalised()).isEqualTo(Embedding.of(.6f, .8f));
    assertThat(Embedding.of(0, 0).normalised()).isEqualTo(Embedding.of(0, 0));
    var tiny = Embedding.of(1e-30f, 0).normalised();
    assertThat(tiny.get(0)).as("squares of 1e-60 are no zero").isCloseTo(1f, within(1e-6f));
  }

  @Test
  void isShortenedToAVectorOfLengthOne() {
    assertThat(Embedding.of(3, 4, 12).shortened(2)).isEqualTo(Embedding.of(.6f, .8f));
    assertThat(Embedding.of(3, 4).shortened(2)).isEqualTo(Embedding.of(.6f, .8f));
    for (int wrong : new int[] {0, 3}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Embedding.of(3, 4).shortened(wrong))
          .withMessage("dimensions %d must be 1 to 2", wrong);
    }
  }

  @Test
  void isWrittenInBase64AsLittleEndianFloats() {
    assertThat(Embedding.of(1, -2).base64()).isEqualTo("AACAPwAAAMA=");
    assertThat(Embedding.ofBase64("AACAPwAAAMA=")).isEqualTo(Embedding.of(1, -2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Embedding.ofBase64("AACAPwA="))
        .withMessageContaining("a multiple of 4, found 5");
    assertThatIllegalArgumentException().isThrownBy(() -> Embedding.ofBase64("?"));
  }

  @Test
  void aResultHoldsVectorsOfOneSize() {
    var one = Embedding.of(1, 0);
    var result = new EmbeddingResult("m", List.of(one, Embedding.of(0, 1)), Usage.NONE);
    assertThat(result.dimensions()).isEqualTo(2);
    assertThat(result.withUsage(Usage.of(3, 0)).usage().totalTokens()).isEqualTo(3);
    for (var wrong : List.of(List.<Embedding>of(), List.of(one, Embedding.of(1)))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new EmbeddingResult("m", wrong, Usage.NONE))
          .withMessageContaining("of one size");
    }
  }
}

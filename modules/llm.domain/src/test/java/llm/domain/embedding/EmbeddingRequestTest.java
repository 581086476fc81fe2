package llm.domain.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-3 Requests for vectors")
class EmbeddingRequestTest {
  private static final ModelName MODEL = new ModelName("m");
  private static final EmbeddingInput TEXT = new EmbeddingInput.Text("a");

  @Test
  void isMadeOfTexts() {
    var request = EmbeddingRequest.of(MODEL, "a", "b");
    assertThat(request.inputs()).containsExactly(TEXT, new EmbeddingInput.Text("b"));
    assertThat(request.dimensions()).isEmpty();
    assertThat(request.extensions()).isEmpty();
  }

  @Test
  void hasOneToTwoThousandAndFortyEightInputs() {
    int most = EmbeddingRequest.MOST_INPUTS;
    assertThat(request(Collections.nCopies(most, TEXT), Optional.of(1)).inputs()).hasSize(most);
    for (int wrong : new int[] {0, most + 1}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> request(Collections.nCopies(wrong, TEXT), Optional.empty()))
          .withMessage("input must hold 1 to 2048 inputs, got %d", wrong);
    }
  }

  @Test
  void vectorsHaveADimensionAtLeast() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> request(List.of(TEXT), Optional.of(0)))
        .withMessage("dimensions 0 must be at least 1");
  }

  @Test
  void tokensAreCountedOverAllInputs() {
    var half = new EmbeddingInput.Tokens(Collections.nCopies(EmbeddingRequest.MOST_TOKENS / 2, 7));
    assertThat(request(List.of(half, TEXT, half), Optional.empty()).inputs()).hasSize(3);
    var more = List.<EmbeddingInput>of(half, half, new EmbeddingInput.Tokens(List.of(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> request(more, Optional.empty()))
        .withMessageContaining("holds 300001 tokens and may hold 300000");
  }

  @Test
  void anInputIsNotEmptyAndItsTokensAreNotNegative() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EmbeddingInput.Text(""))
        .withMessageContaining("must not be empty");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EmbeddingInput.Tokens(List.of()))
        .withMessageContaining("must not be empty");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EmbeddingInput.Tokens(List.of(3, -1)))
        .withMessage("token -1 must be 0 or more");
  }

  private static EmbeddingRequest request(List<EmbeddingInput> inputs, Optional<Integer> size) {
    return new EmbeddingRequest(MODEL, inputs, size, Map.of());
  }

  @Test
  void asksAnotherModelForTheSame() {
    var other = new llm.domain.model.ModelName("other");
    var asked = EmbeddingRequest.of(new llm.domain.model.ModelName("m"), "a", "b").withModel(other);
    assertThat(asked).isEqualTo(EmbeddingRequest.of(other, "a", "b"));
  }
}

package llm.domain.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import llm.domain.chat.Usage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("D-2 ModelSpec")
class ModelSpecTest {

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 0", "100, 101", "-5, -5"})
  void refusesAWindowAndAnOutputThatContradictEachOther(int context, int maxOutput) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> spec(context, maxOutput, Optional.empty()))
        .withMessage(
            "a model needs 1 <= max output <= context, got max output "
                + maxOutput
                + ", context "
                + context);
  }

  @ParameterizedTest
  @CsvSource({"-0.01, 1", "1, -0.01", "NaN, 1", "1, Infinity"})
  void refusesPricesThatAreNone(double input, double output) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ModelSpec.Price(input, output))
        .withMessageStartingWith("prices must be 0 or more, got " + input + ", " + output + ", ");
  }

  @ParameterizedTest
  @CsvSource({"-0.01, 1", "1, NaN"})
  void refusesPricesOfACacheThatAreNone(double cached, double written) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ModelSpec.Price(1, 1, cached, written))
        .withMessageEndingWith(cached + " and " + written);
  }

  @Test
  void pricesWhatACacheGaveAndTookApartAndExactly() {
    var price = new ModelSpec.Price(3, 15, 0.3, 3.75);
    assertThat(price.nanoDollars(new Usage(100, 20, 40, 0, 10)))
        .isEqualTo(50 * 3_000 + 20 * 15_000 + 40 * 300 + 10 * 3_750);
    assertThat(new ModelSpec.Price(0.05, 0.4).nanoDollars(Usage.of(1, 1))).isEqualTo(450);
  }

  @Test
  void pricesPromptAndAnswerApart() {
    var spec = spec(100, 100, Optional.of(new ModelSpec.Price(2.5, 10.0)));
    assertThat(spec.cost(Usage.of(1_000_000, 500_000)).orElseThrow()).isCloseTo(7.5, within(1e-9));
    assertThat(spec.cost(new Usage(1_000, 0, 400)).orElseThrow()).isCloseTo(0.0025, within(1e-12));
    assertThat(spec.cost(Usage.NONE)).hasValue(0.0);
  }

  @Test
  void costsNothingKnownWithoutAPrice() {
    assertThat(ModelSpec.UNKNOWN_MODEL.cost(Usage.of(10, 10))).isEmpty();
  }

  @Test
  void doesNotStandInTheWayOfAnUnknownModel() {
    var unknown = ModelSpec.UNKNOWN_MODEL;
    assertThat(TokenLimit.outputBudget(Optional.of(8_192), unknown, 100_000))
        .contains(new TokenLimit(8_192));
    assertThat(unknown.tools()).isTrue();
    assertThat(unknown.encoding()).isEmpty();
  }

  private static ModelSpec spec(int context, int maxOutput, Optional<ModelSpec.Price> price) {
    return new ModelSpec(context, maxOutput, true, false, true, price, Optional.empty());
  }
}

package llm.domain.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("D-1 Temperature")
class TemperatureTest {

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 2.1, 2.5, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesValuesOutsideTheRange(double value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Temperature(value))
        .withMessage("temperature " + value + " must be 0.0 to 2.0");
  }

  @ParameterizedTest
  @CsvSource({
    "0.0, conservative",
    "0.3, conservative",
    "0.31, balanced",
    "0.89, balanced",
    "0.9, creative",
    "2.0, creative"
  })
  void isExactlyOneOfThreeKinds(double value, String kind) {
    var temperature = new Temperature(value);
    assertThat(temperature.isConservative()).isEqualTo(kind.equals("conservative"));
    assertThat(temperature.isBalanced()).isEqualTo(kind.equals("balanced"));
    assertThat(temperature.isCreative()).isEqualTo(kind.equals("creative"));
  }

  @Test
  void hasANamedValueOfEachKind() {
    assertThat(Temperature.conservative()).isEqualTo(new Temperature(0.2));
    assertThat(Temperature.conservative().isConservative()).isTrue();
    assertThat(Temperature.balanced()).isEqualTo(new Temperature(0.7));
    assertThat(Temperature.balanced().isBalanced()).isTrue();
    assertThat(Temperature.creative()).isEqualTo(new Temperature(1.0));
    assertThat(Temperature.creative().isCreative()).isTrue();
    assertThat(Temperature.maximum()).isEqualTo(new Temperature(2.0));
  }

  @Test
  void knowsOneZeroOnly() {
    assertThat(new Temperature(-0.0)).isEqualTo(new Temperature(0.0));
  }
}

package llm.domain.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Optional;
import llm.domain.model.AdapterUse.Named;
import llm.domain.model.AdapterUse.Numbered;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterUseTest {

  @Test
  void saysWhichItIs() {
    assertThat(new Named("poet", Optional.of(1.0)).described()).isEqualTo("'poet'");
    assertThat(new Numbered(0, Optional.of(-16.0)).described()).isEqualTo("with id 0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {16.5, -16.5, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesAScaleOutOfRange(double scale) {
    String reason = "scale " + scale + " must be -16.0 to 16.0";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Named("poet", Optional.of(scale)))
        .withMessage(reason);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Numbered(0, Optional.of(scale)))
        .withMessage(reason);
  }

  @Test
  void refusesWhatNamesNone() {
    for (String name : List.of(" ", "a".repeat(101))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Named(name, Optional.empty()))
          .withMessage("the name of an adapter must be 1 to 100 characters");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Numbered(-1, Optional.empty()))
        .withMessage("id -1 must be 0 or more");
  }
}

package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.domain.chat.SamplingOptions.Builder;
import llm.domain.model.AdapterUse;
import llm.domain.model.Temperature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplingOptionsTest {

  @Test
  void areBuiltOneByOne() {
    SamplingOptions options =
        SamplingOptions.builder()
            .temperature(new Temperature(.5))
            .topP(.9)
            .topK(7)
            .minP(.1)
            .seed(-3)
            .stop(List.of("end"))
            .frequencyPenalty(-2)
            .presencePenalty(2)
            .repeatPenalty(1.1)
            .logitBias(Map.of(5, -100.0))
            .topLogprobs(20)
            .adapters(List.of(new AdapterUse.Numbered(1, Optional.of(.5))))
            .build();
    assertThat(options)
        .isEqualTo(
            new SamplingOptions(
                Optional.of(new Temperature(.5)),
                Optional.of(.9),
                Optional.of(7),
                Optional.of(.1),
                Optional.of(-3L),
                List.of("end"),
                Optional.of(-2.0),
                Optional.of(2.0),
                Optional.of(1.1),
                Map.of(5, -100.0),
                Optional.of(20),
                List.of(new AdapterUse.Numbered(1, Optional.of(.5)))));
    assertThat(options.toBuilder().build()).isEqualTo(options);
    assertThat(options.withTemperature(new Temperature(1)))
        .isEqualTo(options.toBuilder().temperature(new Temperature(1)).build())
        .isNotEqualTo(options);
  }

  @Test
  void askForNothingWhenNothingWasSet() {
    assertThat(SamplingOptions.builder().build()).isEqualTo(SamplingOptions.DEFAULTS);
    assertThat(SamplingOptions.DEFAULTS.topLogprobs()).isEmpty();
    assertThat(SamplingOptions.DEFAULTS.logitBias()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"-2.1", "2.1", "NaN", "Infinity"})
  void refusePenaltiesOutOfRange(double penalty) {
    assertRefused(
        b -> b.frequencyPenalty(penalty), "frequency_penalty " + penalty + " must be -2.0 to 2.0");
    assertRefused(
        b -> b.presencePenalty(penalty), "presence_penalty " + penalty + " must be -2.0 to 2.0");
  }

  @ParameterizedTest
  @CsvSource({"0.0", "-1.0", "10.1", "NaN"})
  void refuseARepeatPenaltyOutOfRange(double penalty) {
    assertRefused(
        b -> b.repeatPenalty(penalty),
        "repeat_penalty " + penalty + " must be more than 0, at most 10.0");
  }

  @Test
  void takeARepeatPenaltyAtTheEndOfItsRange() {
    assertThat(SamplingOptions.builder().repeatPenalty(10).build().repeatPenalty()).contains(10.0);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 21})
  void refuseACountOfAlternativesOutOfRange(int count) {
    assertRefused(b -> b.topLogprobs(count), "top_logprobs " + count + " must be 0 to 20");
  }

  @ParameterizedTest
  @CsvSource({"100.1", "-100.1", "NaN"})
  void refuseABiasOutOfRange(double bias) {
    assertRefused(
        b -> b.logitBias(Map.of(17, bias)), "logit_bias.17 " + bias + " must be -100.0 to 100.0");
  }

  @Test
  void refuseABiasOfWhatIsNoToken() {
    assertRefused(
        b -> b.logitBias(Map.of(-1, 1.0)),
        "logit_bias of token -1 must be of a token's id, 0 or more");
  }

  @Test
  void refuseTooManyBiases() {
    assertThat(SamplingOptions.builder().logitBias(biases(300)).build().logitBias()).hasSize(300);
    assertRefused(b -> b.logitBias(biases(301)), "logit_bias 301 tokens must be at most 300");
  }

  @Test
  void refuseTooManyAdapters() {
    List<AdapterUse> nine = Collections.nCopies(9, new AdapterUse.Named("a", Optional.empty()));
    assertThat(SamplingOptions.builder().adapters(nine.subList(1, 9)).build().adapters())
        .hasSize(8);
    assertRefused(b -> b.adapters(nine), "lora 9 adapters must be at most 8");
  }

  @Test
  void keepTheirBiasesInTheOrderOfTheIds() {
    var given = new HashMap<>(biases(100));
    SamplingOptions options = SamplingOptions.builder().logitBias(given).build();
    given.clear();
    assertThat(options.logitBias().keySet())
        .containsExactlyElementsOf(IntStream.range(0, 100).map(i -> i * 1000).boxed().toList());
    assertThatThrownBy(() -> options.logitBias().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  private static Map<Integer, Double> biases(int count) {
    return IntStream.range(0, count)
        .boxed()
        .collect(Collectors.toMap(i -> i * 1000, i -> i / 10.0));
  }

  private static void assertRefused(UnaryOperator<Builder> change, String message) {
    Builder builder = change.apply(SamplingOptions.builder());
    assertThatIllegalArgumentException().isThrownBy(builder::build).withMessage(message);
  }
}

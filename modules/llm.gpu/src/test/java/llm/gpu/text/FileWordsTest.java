package llm.gpu.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import llm.domain.chat.SamplingOptions;
import llm.domain.model.Temperature;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.gguf.Weights;
import llm.gpu.llama.SamplerOptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("What a model's file says of the choice of tokens and of its fallback")
class FileWordsTest {
  private static final int WINDOW = 512;

  private static GgufHeader header(
      Map<String, String> texts, Map<String, Float> decimals, Map<String, Long> numbers) {
    return new GgufHeader(
        texts, numbers, decimals, Set.of(), Map.of(), new Weights(Map.of(), -1), 1, 1, 1);
  }

  private static SamplerOptions options(
      Map<String, Float> decimals, Map<String, Long> numbers, SamplingOptions asked) {
    var defaults = SamplingDefaults.of(header(Map.of(), decimals, numbers));
    return Sampling.of(asked, defaults, WINDOW, () -> 1);
  }

  @Test
  void aFileThatSaysNothingIsChosenFromAsLlamaCppDoes() {
    SamplerOptions options = options(Map.of(), Map.of(), SamplingOptions.DEFAULTS);
    assertThat(options.temperature()).isEqualTo(.8f);
    assertThat(options.topK()).isEqualTo(40);
    assertThat(options.topP()).isEqualTo(.95f);
    assertThat(options.minP()).isEqualTo(.05f);
    assertThat(options.penalties().isNone()).isTrue();
  }

  private static final Map<String, Float> DECIMALS =
      Map.of(
          "general.sampling.temp", 0f,
          "general.sampling.top_p", .9f,
          "general.sampling.min_p", .1f,
          "general.sampling.penalty_repeat", 1.1f);
  private static final Map<String, Long> NUMBERS =
      Map.of("general.sampling.top_k", 20L, "general.sampling.penalty_last_n", 7L);

  @Test
  void whatAFileSaysHoldsWhereARequestSaysNothing() {
    SamplerOptions options = options(DECIMALS, NUMBERS, SamplingOptions.DEFAULTS);
    assertThat(options.greedy()).isTrue();
    assertThat(options.topK()).isEqualTo(20);
    assertThat(options.topP()).isEqualTo(.9f);
    assertThat(options.minP()).isEqualTo(.1f);
    assertThat(options.penalties()).isEqualTo(new SamplerOptions.Penalties(7, 1.1f, 0, 0));
  }

  @Test
  void aRequestHasTheLastWord() {
    var asked =
        SamplingOptions.builder()
            .temperature(new Temperature(1))
            .topK(3)
            .topP(.5)
            .minP(0.0)
            .repeatPenalty(1.0)
            .build();
    SamplerOptions options = options(DECIMALS, NUMBERS, asked);
    assertThat(options.temperature()).isEqualTo(1);
    assertThat(options.topK()).isEqualTo(3);
    assertThat(options.topP()).isEqualTo(.5f);
    assertThat(options.minP()).isZero();
    assertThat(options.penalties().isNone()).isTrue();
  }

  @Test
  void whatIsOutOfRangeCountsAsItsNearestEndAndWhatIsNoNumberAsNothing() {
    var decimals =
        Map.of(
            "general.sampling.temp",
            Float.NaN,
            "general.sampling.top_p",
            -3f,
            "general.sampling.min_p",
            Float.POSITIVE_INFINITY,
            "general.sampling.penalty_repeat",
            -1f);
    var numbers = Map.of("general.sampling.top_k", -1L, "general.sampling.penalty_last_n", -1L);
    SamplerOptions options = options(decimals, numbers, SamplingOptions.DEFAULTS);
    assertThat(options.temperature()).isEqualTo(.8f);
    assertThat(options.topK()).as("no limit").isZero();
    assertThat(options.topP()).isEqualTo(Float.MIN_NORMAL);
    assertThat(options.minP()).isEqualTo(1);
    assertThat(options.penalties().repeat()).isEqualTo(.01f);
    assertThat(options.penalties().last()).isEqualTo(WINDOW);
    var hot = Map.of("general.sampling.temp", 9f);
    assertThat(options(hot, Map.of(), SamplingOptions.DEFAULTS).temperature()).isEqualTo(2);
  }

  @Test
  void aFallbackNeedsASentenceAndAProbability() {
    var texts = new HashMap<>(Map.of("llm_server.fallback.en", "No idea."));
    var decimals = new HashMap<>(Map.of("llm_server.fallback.min_probability", .25f));
    assertThat(Fallback.of(header(texts, decimals, Map.of())))
        .contains(new Fallback("No idea.", "No idea.", .25));
    texts.put("llm_server.fallback.ru", "Не знаю.");
    assertThat(Fallback.of(header(texts, decimals, Map.of())))
        .contains(new Fallback("No idea.", "Не знаю.", .25));
    assertThat(Fallback.of(header(texts, Map.of(), Map.of()))).isEmpty();
    assertThat(Fallback.of(header(Map.of(), decimals, Map.of()))).isEmpty();
    texts.put("llm_server.fallback.en", " ");
    assertThat(Fallback.of(header(texts, decimals, Map.of()))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(floats = {0f, -1f, 1.01f, Float.NaN, Float.POSITIVE_INFINITY})
  void aProbabilityThatIsNoneMeansNoFallback(float probability) {
    var texts = Map.of("llm_server.fallback.en", "No idea.");
    var decimals = Map.of("llm_server.fallback.min_probability", probability);
    assertThat(Fallback.of(header(texts, decimals, Map.of()))).isEmpty();
  }
}

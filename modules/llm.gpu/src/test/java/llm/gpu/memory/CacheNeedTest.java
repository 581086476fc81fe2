package llm.gpu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.gguf.Weights;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("T-6: what families that remember in other ways take")
class CacheNeedTest {
  private static final ContextShape SHAPE = new ContextShape(1000, 512, 10);
  private static final long CELLS = 1024;
  private static final long LAYER_BYTES = 7;

  /** Of two layers, 64 numbers a token and 4 heads of 16; and whatever {@code more} says. */
  private static GgufHeader header(Map<String, Long> more, Map<String, List<Long>> series) {
    var numbers = new HashMap<String, Long>();
    Map.of(
            "block_count", 2L,
            "embedding_length", 64L,
            "attention.head_count", 4L,
            "attention.head_count_kv", 2L,
            "feed_forward_length", 100L)
        .forEach((key, value) -> numbers.put("x." + key, value));
    more.forEach((key, value) -> numbers.put("x." + key, value));
    return new GgufHeader(
        Map.of("general.architecture", "x"),
        numbers,
        Map.of(),
        Set.of(),
        series,
        new Weights(Map.of("blk.0", LAYER_BYTES, "blk.1", LAYER_BYTES, "output", 1L), -1),
        3,
        1000,
        100);
  }

  private static long cache(GgufHeader header) {
    return NeedEstimate.of(header, SHAPE, 0).host().cache();
  }

  @Test
  void keysAndValuesOfEveryPlaceAndLayer() {
    assertThat(cache(header(Map.of(), Map.of()))).isEqualTo(2 * CELLS * 2 * (16 + 16) * 2);
  }

  @Test
  void theSizesOfHeadsMayBeSaid() {
    var sizes = Map.of("attention.key_length", 24L, "attention.value_length", 8L);
    assertThat(cache(header(sizes, Map.of()))).isEqualTo(2 * CELLS * 2 * (24 + 8) * 2);
  }

  @Test
  void layersMayDiffer() {
    var each = Map.of("x.attention.head_count_kv", List.of(4L, 1L));
    assertThat(cache(header(Map.of(), each))).isEqualTo(2 * CELLS * (4 + 1) * 32);
  }

  @Test
  void ofALatentCacheThereAreKeysOnly() {
    var latent =
        Map.of(
            "attention.key_length", 576L,
            "attention.value_length", 512L,
            "attention.key_length_mla", 192L,
            "attention.head_count_kv", 1L);
    assertThat(cache(header(latent, Map.of()))).isEqualTo(2 * CELLS * 576 * 2);
  }

  @Test
  void layersThatReadAnothersRememberNothing() {
    assertThat(cache(header(Map.of("attention.shared_kv_layers", 1L), Map.of())))
        .isEqualTo(2 * CELLS * 2 * 32);
  }

  @Test
  void statesAreOfSequencesHoweverLargeThePoolIs() {
    var mamba =
        Map.of(
            "ssm.state_size", 16L,
            "ssm.inner_size", 128L,
            "ssm.conv_kernel", 4L,
            "ssm.group_count", 1L,
            "attention.head_count_kv", 0L);
    long numbers = 3 * (128 + 2 * 16) + 16 * 128;
    assertThat(cache(header(mamba, Map.of()))).isEqualTo(4 * 10 * numbers * 2);
  }

  @Test
  void hybridsHaveBoth() {
    var states =
        Map.of(
            "ssm.state_size", 16L,
            "ssm.inner_size", 128L,
            "ssm.conv_kernel", 4L,
            "full_attention_interval", 2L);
    long numbers = 3 * 128 + 16 * 128;
    assertThat(cache(header(states, Map.of()))).isEqualTo(4 * 10 * numbers + 2 * CELLS * 2 * 32);
    var rwkv = Map.of("wkv.head_size", 32L);
    assertThat(cache(header(rwkv, Map.of()))).isEqualTo(4 * 10 * (64 * 32 + 2 * 64) * 2);
  }

  @Test
  void layersThatPredictFurtherAheadAreNotLoaded() {
    ModelNeed need =
        NeedEstimate.of(header(Map.of("nextn_predict_layers", 1L), Map.of()), SHAPE, 0);

    assertThat(need.host().weights()).isEqualTo(LAYER_BYTES + 1);
    assertThat(need.host().cache()).isEqualTo(2 * CELLS * 2 * 32);
  }
}

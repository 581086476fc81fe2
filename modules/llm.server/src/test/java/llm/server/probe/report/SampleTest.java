package llm.server.probe.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SampleTest {
  private static final double EXACT = 1e-9;

  @Test
  void percentilesLieBetweenTheValuesNextToThem() {
    Sample sample = Sample.of(List.of(40.0, 10.0, 30.0, 20.0));
    assertThat(sample.p50()).isEqualTo(25);
    assertThat(sample.p95()).isCloseTo(38.5, within(EXACT));
    assertThat(sample.percentile(0)).isEqualTo(sample.least()).isEqualTo(10);
    assertThat(sample.percentile(1)).isEqualTo(sample.most()).isEqualTo(40);
    assertThat(sample.mean()).isEqualTo(25);
  }

  @Test
  void oneValueIsEveryPercentile() {
    Sample sample = Sample.of(List.of(7.0));
    assertThat(List.of(sample.mean(), sample.p50(), sample.p95())).containsOnly(7.0);
  }

  @Test
  void percentilesOfAnOrderedRowAreItsShares() {
    long seed = new Random().nextLong();
    List<Double> row = new ArrayList<>();
    for (int i = 0; i <= 1_000; i++) {
      row.add((double) i);
    }
    Collections.shuffle(row, new Random(seed));
    Sample sample = Sample.of(row);
    for (int share = 0; share <= 100; share++) {
      assertThat(sample.percentile(share / 100.0))
          .as("seed %s, share %s", seed, share)
          .isCloseTo(share * 10, within(1e-6));
    }
  }

  @Test
  void anEmptyOneSaysSo() {
    assertThat(Sample.of(List.of()).isEmpty()).isTrue();
    assertThat(Histogram.lines(Sample.of(List.of()))).isEmpty();
  }

  @Test
  void aHistogramHasALineForEachRangeFromTheLeastToTheMost() {
    Sample sample = Sample.of(List.of(120.0, 150.0, 199.9, 200.0, 800.0, 799.9, 100.0, 150.0));
    assertThat(Histogram.lines(sample))
        .containsExactly(
            "   100 –    200 ms | " + "#".repeat(40) + " 5",
            "   200 –    400 ms | " + "#".repeat(8) + " 1",
            "   400 –    800 ms | " + "#".repeat(8) + " 1",
            "   800 –   1600 ms | " + "#".repeat(8) + " 1");
  }

  @Test
  void aHistogramHasRoomForWhatTakesMinutes() {
    assertThat(Histogram.lines(Sample.of(List.of(0.4, 1e7))))
        .hasSize(17)
        .first()
        .asString()
        .startsWith("     0 –      1 ms | #");
    assertThat(Histogram.lines(Sample.of(List.of(1e7))))
        .containsExactly(" 60000 ms and more | " + "#".repeat(40) + " 1");
  }
}

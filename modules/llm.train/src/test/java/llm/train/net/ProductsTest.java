package llm.train.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each element is the sum of its terms one after the other, as the simplest loop has it. */
class ProductsTest {
  private static final long SEED = 5;

  @ParameterizedTest
  @CsvSource({"1,1,32", "4,7,32", "7,300,64", "33,513,96"})
  void aProductIsWhatASimpleLoopComputesToTheLastBit(int rows, int depth, int columns) {
    float[] left = random(rows * depth);
    float[] right = random(depth * columns);
    float[] expected = random(rows * columns);
    float[] actual = expected.clone();
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < depth; k++) {
        for (int j = 0; j < columns; j++) {
          int at = i * columns + j;
          expected[at] = Math.fma(left[i * depth + k], right[k * columns + j], expected[at]);
        }
      }
    }
    float[] again = actual.clone();

    new Products()
        .add(
            Matrix.of(left, depth),
            Matrix.of(right, columns),
            Matrix.of(actual, columns),
            rows,
            depth,
            columns);
    assertThat(actual).isEqualTo(expected);

    new Products()
        .add(
            Matrix.of(transposed(left, rows, depth), rows).transposed(),
            Matrix.of(transposed(right, depth, columns), depth).transposed(),
            Matrix.of(again, columns),
            rows,
            depth,
            columns);
    assertThat(again).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"-100", "-20", "-1", "-0.001", "0", "0.5", "1", "20", "80"})
  void theExponentialIsClose(float x) {
    float[] values = new float[32];
    Arrays.fill(values, x);
    Exponential.of(values, 0, 32, new Exponential.Terms(0f, 1f), values, 0);

    double expected = Math.exp(Math.max(x, -87));
    for (float value : values) {
      assertThat((double) value).isCloseTo(expected, within(expected * 3e-7));
    }
  }

  private static float[] transposed(float[] values, int rows, int columns) {
    float[] out = new float[values.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        out[j * rows + i] = values[i * columns + j];
      }
    }
    return out;
  }

  private static float[] random(int count) {
    var random = new Random(SEED);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}

package llm.train.net;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * e to the power of x for many x at once, within a relative 3e-7. Made of operations that IEEE 754
 * fixes, so it is the same on every machine, which {@link Math#exp} need not be.
 */
final class Exponential {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  private static final float LEAST = -87f; // smaller results are not normal numbers
  private static final float MOST = 88f;
  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  /** Added, it leaves the nearest whole number in the low bits of the sum. */
  private static final float ROUNDING = 12582912f;

  private static final int EXPONENT_SHIFT = 23;

  private Exponential() {}

  /** Of each lane; below -87 as of -87, above 88 as of 88. */
  static FloatVector of(FloatVector x) {
    FloatVector bounded = x.max(LEAST).min(MOST);
    FloatVector rounded = bounded.mul(LOG2_E).add(ROUNDING);
    FloatVector whole = rounded.sub(ROUNDING);
    FloatVector rest = whole.mul(-LN2_HIGH).add(bounded);
    rest = whole.mul(-LN2_LOW).add(rest);
    FloatVector sum = rest.mul(1.9875691500e-4f).add(1.3981999507e-3f);
    sum = sum.mul(rest).add(8.3334519073e-3f);
    sum = sum.mul(rest).add(4.1665795894e-2f);
    sum = sum.mul(rest).add(1.6666665459e-1f);
    sum = sum.mul(rest).add(5.0000001201e-1f);
    sum = sum.mul(rest).mul(rest).add(rest).add(1f);
    IntVector power = rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, EXPONENT_SHIFT);
    return sum.reinterpretAsInts().add(power).reinterpretAsFloats();
  }

  /**
   * Of {@code values[from + i] - shift}, scaled by {@code scale}, to {@code out[to + i]}.
   *
   * @param count a multiple of 32
   */
  static void of(float[] values, int from, int count, Terms terms, float[] out, int to) {
    for (int i = 0; i < count; i += SPECIES.length()) {
      FloatVector x = FloatVector.fromArray(SPECIES, values, from + i);
      of(x.sub(terms.shift()).mul(terms.scale())).intoArray(out, to + i);
    }
  }

  /**
   * What is done to an exponent first.
   *
   * @param shift subtracted
   * @param scale then multiplied
   */
  record Terms(float shift, float scale) {}
}

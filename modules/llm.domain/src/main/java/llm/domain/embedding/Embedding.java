package llm.domain.embedding;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;

/** A vector of finite 32-bit numbers; at least one of them. Immutable. */
public final class Embedding {
  private final float[] values; // never changed, never handed out

  private Embedding(float[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("a vector must have at least one dimension");
    }
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException("a vector's numbers must be finite, found " + value);
      }
    }
    this.values = values;
  }

  /** These numbers, copied. */
  public static Embedding of(float... values) {
    return new Embedding(values.clone());
  }

  /**
   * The vector of {@link #base64}.
   *
   * @throws IllegalArgumentException when the text is no base64, or no whole number of floats
   */
  public static Embedding ofBase64(String text) {
    byte[] bytes = Base64.getDecoder().decode(text);
    if (bytes.length % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "a vector's bytes must be a multiple of 4, found " + bytes.length);
    }
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return new Embedding(values);
  }

  /** How many numbers it has. */
  public int size() {
    return values.length;
  }

  /** The number at {@code index}, from 0. */
  public float get(int index) {
    return values[index];
  }

  /** The same direction at length 1; the zero vector, which has none, stays as it is. */
  public Embedding normalised() {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    if (squares == 0) {
      return this;
    }
    double scale = 1 / Math.sqrt(squares);
    float[] scaled = new float[values.length];
    for (int index = 0; index < scaled.length; index++) {
      scaled[index] = (float) (values[index] * scale);
    }
    return new Embedding(scaled);
  }

  /**
   * The first {@code dimensions} numbers at length 1: of models trained for it (Matryoshka
   * representation learning, arXiv 2205.13147) a good vector by itself.
   *
   * @throws IllegalArgumentException when it has fewer, or none are asked for
   */
  public Embedding shortened(int dimensions) {
    if (dimensions < 1 || dimensions > values.length) {
      throw new IllegalArgumentException(
          "dimensions " + dimensions + " must be 1 to " + values.length);
    }
    return new Embedding(Arrays.copyOf(values, dimensions)).normalised();
  }

  /** The numbers as little-endian IEEE 754 bytes, in base64 with padding (RFC 4648 section 4). */
  public String base64() {
    var bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Embedding that && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Embedding of " + values.length + " dimensions";
  }
}

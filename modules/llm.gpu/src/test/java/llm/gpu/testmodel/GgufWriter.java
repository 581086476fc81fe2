package llm.gpu.testmodel;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes GGUF version 3: metadata in the order it is put, 32-bit float tensors. */
public final class GgufWriter {
  private static final int ALIGNMENT = 32;
  private static final int U16 = 2;
  private static final int U32 = 4;
  private static final int I32 = 5;
  private static final int F32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final List<Tensor> tensors = new ArrayList<>();
  private int keys;

  private record Tensor(String name, int type, long[] shape, byte[] data) {}

  /** A text. */
  public GgufWriter text(String key, String value) {
    key(key, STRING);
    string(metadata, value);
    return this;
  }

  /** An unsigned 32-bit number. */
  public GgufWriter number(String key, int value) {
    key(key, U32);
    i32(metadata, value);
    return this;
  }

  /** A number of 16 bits without a sign, as the numbers of a split model's parts are. */
  public GgufWriter small(String key, int value) {
    key(key, U16);
    metadata.write(value);
    metadata.write(value >>> 8);
    return this;
  }

  /** A 32-bit number with a sign. */
  public GgufWriter signed(String key, int value) {
    key(key, I32);
    i32(metadata, value);
    return this;
  }

  /** A decimal number. */
  public GgufWriter decimal(String key, float value) {
    key(key, F32);
    i32(metadata, Float.floatToIntBits(value));
    return this;
  }

  /** True or false. */
  public GgufWriter flag(String key, boolean value) {
    key(key, BOOL);
    metadata.write(value ? 1 : 0);
    return this;
  }

  /** A list of texts. */
  public GgufWriter texts(String key, List<String> values) {
    list(key, STRING, values.size());
    values.forEach(value -> string(metadata, value));
    return this;
  }

  /** A list of numbers. */
  public GgufWriter numbers(String key, int[] values) {
    list(key, I32, values.length);
    for (int value : values) {
      i32(metadata, value);
    }
    return this;
  }

  /** A list of decimal numbers. */
  public GgufWriter decimals(String key, float[] values) {
    list(key, F32, values.length);
    for (float value : values) {
      i32(metadata, Float.floatToIntBits(value));
    }
    return this;
  }

  /** A tensor; the first extent of the shape varies fastest. */
  public GgufWriter tensor(String name, float[] values, long... shape) {
    var data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(values);
    return tensor(name, 0, data.array(), shape);
  }

  /** A tensor of the type of this number of {@code enum ggml_type}, as its bytes. */
  public GgufWriter tensor(String name, int type, byte[] data, long... shape) {
    tensors.add(new Tensor(name, type, shape, data));
    return this;
  }

  /** The whole file. */
  public byte[] bytes() {
    var out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    i32(out, 3);
    i64(out, tensors.size());
    i64(out, keys);
    out.writeBytes(metadata.toByteArray());
    long offset = 0;
    for (Tensor tensor : tensors) {
      string(out, tensor.name());
      i32(out, tensor.shape().length);
      for (long extent : tensor.shape()) {
        i64(out, extent);
      }
      i32(out, tensor.type());
      i64(out, offset);
      offset = align(offset + tensor.data().length);
    }
    for (Tensor tensor : tensors) {
      pad(out);
      out.writeBytes(tensor.data());
    }
    return out.toByteArray();
  }

  private void key(String key, int type) {
    keys++;
    string(metadata, key);
    i32(metadata, type);
  }

  private void list(String key, int type, int count) {
    key(key, ARRAY);
    i32(metadata, type);
    i64(metadata, count);
  }

  private static void pad(ByteArrayOutputStream out) {
    while (out.size() % ALIGNMENT != 0) {
      out.write(0);
    }
  }

  private static long align(long position) {
    return (position + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void string(ByteArrayOutputStream out, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    i64(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void i32(ByteArrayOutputStream out, int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(value >>> shift);
    }
  }

  private static void i64(ByteArrayOutputStream out, long value) {
    i32(out, (int) value);
    i32(out, (int) (value >>> 32));
  }
}

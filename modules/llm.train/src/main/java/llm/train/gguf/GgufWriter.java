package llm.train.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts a GGUF file together: metadata and tensors in the order they are given, and nothing else, so
 * that the same calls give the same bytes. Not thread-safe.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF</a>
 */
final class GgufWriter {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;
  private static final int U32 = 4;
  private static final int I32 = 5;
  private static final int F32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final List<Entry> tensors = new ArrayList<>();
  private int keys;

  private record Entry(String name, int type, List<Integer> shape, byte[] data) {}

  GgufWriter text(String key, String value) {
    key(key, STRING);
    string(metadata, value);
    return this;
  }

  GgufWriter number(String key, int value) {
    key(key, U32);
    i32(metadata, value);
    return this;
  }

  GgufWriter decimal(String key, float value) {
    key(key, F32);
    i32(metadata, Float.floatToIntBits(value));
    return this;
  }

  GgufWriter flag(String key, boolean value) {
    key(key, BOOL);
    metadata.write(value ? 1 : 0);
    return this;
  }

  GgufWriter texts(String key, List<String> values) {
    list(key, STRING, values.size());
    values.forEach(value -> string(metadata, value));
    return this;
  }

  GgufWriter numbers(String key, List<Integer> values) {
    list(key, I32, values.size());
    values.forEach(value -> i32(metadata, value));
    return this;
  }

  GgufWriter decimals(String key, List<Float> values) {
    list(key, F32, values.size());
    values.forEach(value -> i32(metadata, Float.floatToIntBits(value)));
    return this;
  }

  /** A tensor; the first extent of its shape varies fastest. */
  GgufWriter tensor(String name, TensorFormat format, float[] values, List<Integer> shape) {
    tensors.add(new Entry(name, format.type(), shape, format.write(values)));
    return this;
  }

  /** The whole file. */
  byte[] bytes() {
    var out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    i32(out, VERSION);
    i64(out, tensors.size());
    i64(out, keys);
    out.writeBytes(metadata.toByteArray());
    long offset = 0;
    for (Entry tensor : tensors) {
      string(out, tensor.name());
      i32(out, tensor.shape().size());
      tensor.shape().forEach(extent -> i64(out, extent));
      i32(out, tensor.type());
      i64(out, offset);
      offset = (offset + tensor.data().length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    for (Entry tensor : tensors) {
      pad(out);
      out.writeBytes(tensor.data());
    }
    pad(out);
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

  private static void string(ByteArrayOutputStream out, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    i64(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void i32(ByteArrayOutputStream out, int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      out.write(value >>> shift);
    }
  }

  private static void i64(ByteArrayOutputStream out, long value) {
    i32(out, (int) value);
    i32(out, (int) (value >>> Integer.SIZE));
  }
}

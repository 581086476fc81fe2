package llm.bench.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes GGUF version 3, row by row, so that a file may be larger than the heap: metadata in the
 * order it is put, then tensors of the types F32 and Q8_0 (ggml's {@code docs/gguf.md}).
 */
final class GgufFile {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int U32 = 4;
  private static final int I32 = 5;
  private static final int FLOAT = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  /** How a tensor's numbers lie in the file. */
  enum Type {
    /** 32 bits each. */
    F32(0),
    /** Blocks of 32: a scale of 16 bits and 32 whole numbers of 8. */
    Q8_0(8);

    static final int BLOCK = 32;
    private final int number;

    Type(int number) {
      this.number = number;
    }

    int rowBytes(int width) {
      return this == F32 ? Float.BYTES * width : width / BLOCK * (Short.BYTES + BLOCK);
    }
  }

  /** Fills a tensor's rows, called once for each in order. */
  @FunctionalInterface
  interface Rows {
    /** Puts row {@code index} into {@code row}, which has just its bytes, in little endian. */
    void fill(int index, ByteBuffer row);
  }

  private record Tensor(String name, Type type, int width, int height, Rows rows) {
    long bytes() {
      return (long) type.rowBytes(width) * height;
    }
  }

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final List<Tensor> tensors = new ArrayList<>();
  private int keys;

  GgufFile text(String key, String value) {
    key(key, STRING);
    string(metadata, value);
    return this;
  }

  GgufFile number(String key, int value) {
    key(key, U32);
    little(metadata, value, Integer.BYTES);
    return this;
  }

  GgufFile decimal(String key, float value) {
    key(key, FLOAT);
    little(metadata, Float.floatToIntBits(value), Float.BYTES);
    return this;
  }

  GgufFile flag(String key, boolean value) {
    key(key, BOOL);
    metadata.write(value ? 1 : 0);
    return this;
  }

  GgufFile texts(String key, List<String> values) {
    list(key, STRING, values.size());
    values.forEach(value -> string(metadata, value));
    return this;
  }

  GgufFile numbers(String key, int[] values) {
    list(key, I32, values.length);
    for (int value : values) {
      little(metadata, value, Integer.BYTES);
    }
    return this;
  }

  GgufFile decimals(String key, float[] values) {
    list(key, FLOAT, values.length);
    for (float value : values) {
      little(metadata, Float.floatToIntBits(value), Float.BYTES);
    }
    return this;
  }

  /** A tensor of {@code height} rows of {@code width} numbers; height 1 is a vector. */
  GgufFile tensor(String name, Type type, int width, int height, Rows rows) {
    tensors.add(new Tensor(name, type, width, height, rows));
    return this;
  }

  void writeTo(Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES)) {
      byte[] head = head();
      out.write(head);
      pad(out, head.length);
      for (Tensor tensor : tensors) {
        ByteBuffer row =
            ByteBuffer.allocate(tensor.type.rowBytes(tensor.width)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < tensor.height; i++) {
          tensor.rows.fill(i, row.clear());
          out.write(row.array());
        }
        pad(out, tensor.bytes());
      }
    }
  }

  private byte[] head() {
    var head = new ByteArrayOutputStream();
    head.writeBytes("GGUF".getBytes(UTF_8));
    little(head, VERSION, Integer.BYTES);
    little(head, tensors.size(), Long.BYTES);
    little(head, keys, Long.BYTES);
    head.writeBytes(metadata.toByteArray());
    long offset = 0;
    for (Tensor tensor : tensors) {
      string(head, tensor.name);
      boolean vector = tensor.height == 1;
      little(head, vector ? 1 : 2, Integer.BYTES);
      little(head, tensor.width, Long.BYTES);
      if (!vector) {
        little(head, tensor.height, Long.BYTES);
      }
      little(head, tensor.type.number, Integer.BYTES);
      little(head, offset, Long.BYTES);
      offset += tensor.bytes() + padding(tensor.bytes());
    }
    return head.toByteArray();
  }

  private void key(String key, int type) {
    keys++;
    string(metadata, key);
    little(metadata, type, Integer.BYTES);
  }

  private void list(String key, int type, int count) {
    key(key, ARRAY);
    little(metadata, type, Integer.BYTES);
    little(metadata, count, Long.BYTES);
  }

  private static void pad(OutputStream out, long written) throws IOException {
    out.write(new byte[padding(written)]);
  }

  private static int padding(long size) {
    return (int) (-size & (ALIGNMENT - 1));
  }

  private static void string(ByteArrayOutputStream out, String value) {
    byte[] bytes = value.getBytes(UTF_8);
    little(out, bytes.length, Long.BYTES);
    out.writeBytes(bytes);
  }

  private static void little(ByteArrayOutputStream out, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (8 * i)));
    }
  }
}

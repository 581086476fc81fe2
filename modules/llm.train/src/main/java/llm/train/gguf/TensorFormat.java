package llm.train.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How numbers of a tensor are written. */
public enum TensorFormat {
  /** Four bytes each. */
  F32(0, 0) {
    @Override
    byte[] write(float[] values) {
      ByteBuffer out = buffer(values.length * Float.BYTES);
      out.asFloatBuffer().put(values);
      return out.array();
    }
  },
  /** A byte each, and for 32 of them one factor of 16 bits: {@code block_q8_0} of ggml. */
  Q8_0(8, 7) {
    @Override
    byte[] write(float[] values) {
      ByteBuffer out = buffer(values.length / BLOCK * (Short.BYTES + BLOCK));
      for (int from = 0; from < values.length; from += BLOCK) {
        float most = 0;
        for (int i = from; i < from + BLOCK; i++) {
          most = Math.max(most, Math.abs(values[i]));
        }
        float factor = most / Byte.MAX_VALUE;
        out.putShort(Float.floatToFloat16(factor));
        for (int i = from; i < from + BLOCK; i++) {
          out.put((byte) (factor == 0 ? 0 : Math.round(values[i] / factor)));
        }
      }
      return out.array();
    }
  };

  private static final int BLOCK = 32;

  private final int type;
  private final int fileType;

  TensorFormat(int type, int fileType) {
    this.type = type;
    this.fileType = fileType;
  }

  /** Its number in {@code enum ggml_type}. */
  int type() {
    return type;
  }

  /** The number in {@code enum llama_ftype} of a file that has mostly this. */
  int fileType() {
    return fileType;
  }

  /** The bytes of numbers, a multiple of 32. */
  abstract byte[] write(float[] values);

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}

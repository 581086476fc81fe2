package llm.gpu.testmodel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Damages a GGUF file where it hurts: it knows which bytes of the header are counts, lengths,
 * types, values and shapes, and writes values there that are legal by themselves, or just not.
 */
public final class GgufDamage {
  private static final int[] VALUE_BYTES = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final long[] ODD = {
    12,
    20,
    24,
    26,
    28,
    30,
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    16,
    31,
    32,
    33,
    40,
    64,
    255,
    256,
    65_535,
    1L << 20,
    -1,
    -2,
    -32,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final float[] ODD_DECIMALS = {
    0, -0f, 1, -1, 1e-30f, 1e30f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
  };
  private static final String[] ARCHITECTURES = {
    "gpt2",
    "bert",
    "mamba",
    "mamba2",
    "t5",
    "gemma3",
    "qwen2",
    "qwen3moe",
    "rwkv7",
    "phi3",
    "falcon",
    "mpt",
    "bloom",
    "deepseek2",
    "olmo",
    "jamba",
    "llama4",
    "starcoder",
    "plamo",
    "xverse"
  };

  private final byte[] sound;
  private final List<Field> fields = new ArrayList<>();

  private enum Kind {
    STRUCTURE, // counts, lengths, types, offsets: a reader notices most damage
    NUMBER,
    DECIMAL,
    TEXT
  }

  /** Bytes that mean something. */
  private record Field(Kind kind, int at, int bytes) {}

  /** For a sound file of version 3. */
  public GgufDamage(byte[] sound) {
    this.sound = sound.clone();
    var in = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).position(4);
    number(in, Kind.STRUCTURE, 4);
    long tensors = number(in, Kind.STRUCTURE, 8);
    long keys = number(in, Kind.STRUCTURE, 8);
    for (long i = 0; i < keys; i++) {
      text(in);
      value(in, (int) number(in, Kind.STRUCTURE, 4));
    }
    for (long i = 0; i < tensors; i++) {
      text(in);
      long dimensions = number(in, Kind.STRUCTURE, 4);
      for (long d = 0; d < dimensions; d++) {
        number(in, Kind.NUMBER, 8);
      }
      number(in, Kind.NUMBER, 4);
      number(in, Kind.STRUCTURE, 8);
    }
  }

  /** A file with one to three wounds. */
  public byte[] damaged(SplittableRandom random) {
    byte[] bytes = sound.clone();
    var out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int wounds = 1 + random.nextInt(3); wounds > 0; wounds--) {
      boolean structure = random.nextInt(4) == 0;
      Field field = fields.get(random.nextInt(fields.size()));
      while ((field.kind() == Kind.STRUCTURE) != structure) {
        field = fields.get(random.nextInt(fields.size()));
      }
      wound(field, out, random);
    }
    return bytes;
  }

  private void wound(Field field, ByteBuffer out, SplittableRandom random) {
    switch (field.kind()) {
      case STRUCTURE, NUMBER -> {
        long before = read(out, field);
        long odd = ODD[random.nextInt(ODD.length)];
        boolean near = random.nextInt(3) == 0;
        write(out, field, near ? before + random.nextInt(-2, 3) : odd);
      }
      case DECIMAL -> out.putFloat(field.at(), ODD_DECIMALS[random.nextInt(ODD_DECIMALS.length)]);
      case TEXT -> {
        byte[] text =
            random.nextBoolean()
                ? ARCHITECTURES[random.nextInt(ARCHITECTURES.length)].getBytes(
                    StandardCharsets.UTF_8)
                : new byte[] {(byte) random.nextInt(256)};
        for (int i = 0; i < Math.min(text.length, field.bytes()); i++) {
          out.put(field.at() + i, text[i]);
        }
      }
    }
  }

  private static long read(ByteBuffer in, Field field) {
    return switch (field.bytes()) {
      case 1 -> in.get(field.at());
      case 2 -> in.getShort(field.at());
      case 4 -> in.getInt(field.at());
      default -> in.getLong(field.at());
    };
  }

  private static void write(ByteBuffer out, Field field, long value) {
    switch (field.bytes()) {
      case 1 -> out.put(field.at(), (byte) value);
      case 2 -> out.putShort(field.at(), (short) value);
      case 4 -> out.putInt(field.at(), (int) value);
      default -> out.putLong(field.at(), value);
    }
  }

  private long number(ByteBuffer in, Kind kind, int bytes) {
    var field = new Field(kind, in.position(), bytes);
    fields.add(field);
    in.position(in.position() + bytes);
    return read(in, field);
  }

  private void text(ByteBuffer in) {
    int bytes = (int) number(in, Kind.STRUCTURE, 8);
    fields.add(new Field(Kind.TEXT, in.position(), bytes));
    in.position(in.position() + bytes);
  }

  private void value(ByteBuffer in, int type) {
    switch (type) {
      case STRING -> text(in);
      case ARRAY -> {
        int of = (int) number(in, Kind.STRUCTURE, 4);
        long count = number(in, Kind.STRUCTURE, 8);
        for (long i = 0; i < count; i++) {
          int before = fields.size();
          value(in, of);
          if (i >= 4) {
            fields.subList(before, fields.size()).clear(); // a vocabulary would be most of them
          }
        }
      }
      case 6 -> {
        fields.add(new Field(Kind.DECIMAL, in.position(), 4));
        in.position(in.position() + 4);
      }
      default -> number(in, Kind.NUMBER, VALUE_BYTES[type]);
    }
  }
}

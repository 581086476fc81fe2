package llm.gpu.testmodel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A LoRA adapter of {@link TinyModel} with random weights, strong enough to change what it says.
 *
 * @param seed of its weights
 * @param rank of its matrices
 */
public record TinyLora(long seed, int rank) {
  private static final int WIDTH = 32; // of TinyModel
  private static final float ALPHA = 8;

  /** One of rank 4. */
  public static TinyLora of(long seed) {
    return new TinyLora(seed, 4);
  }

  /** Writes it and returns the file. */
  public Path writeTo(Path file) {
    try {
      return Files.write(file, bytes());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The file. */
  public byte[] bytes() {
    var writer = header("llama");
    var random = new SplittableRandom(seed);
    for (String name : List.of("attn_q", "attn_v", "attn_output")) {
      pair(writer, "blk.0." + name + ".weight", random);
    }
    return writer.bytes();
  }

  /** Its metadata, for an architecture. */
  public static GgufWriter header(String architecture) {
    return new GgufWriter()
        .text("general.architecture", architecture)
        .text("general.type", "adapter")
        .text("adapter.type", "lora")
        .decimal("adapter.lora.alpha", ALPHA);
  }

  private void pair(GgufWriter writer, String tensor, SplittableRandom random) {
    writer.tensor(tensor + ".lora_a", weights(random), WIDTH, rank);
    writer.tensor(tensor + ".lora_b", weights(random), rank, WIDTH);
  }

  private float[] weights(SplittableRandom random) {
    float[] values = new float[WIDTH * rank];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1) * .4f;
    }
    return values;
  }
}

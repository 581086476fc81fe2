package llm.gpu.testmodel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * An encoder of the BERT family with random weights: one layer, a token for every letter. It makes
 * vectors of {@value #WIDTH} numbers and generates nothing.
 *
 * @param contextTokens the longest text it reads
 * @param pooling a number of {@code enum llama_pooling_type}; -1: its header says nothing of it
 */
public record TinyBert(int contextTokens, int pooling) {
  /** How long its vectors are. */
  public static final int WIDTH = 32;

  private static final int HEADS = 4;
  private static final int INNER = 64;
  private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

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
    List<String> tokens = tokens();
    var writer =
        new GgufWriter()
            .text("general.architecture", "bert")
            .text("general.name", "tiny encoder")
            .number("bert.context_length", contextTokens)
            .number("bert.embedding_length", WIDTH)
            .number("bert.block_count", 1)
            .number("bert.feed_forward_length", INNER)
            .number("bert.attention.head_count", HEADS)
            .decimal("bert.attention.layer_norm_epsilon", 1e-12f)
            .flag("bert.attention.causal", false)
            .text("tokenizer.ggml.model", "bert")
            .number("tokenizer.ggml.token_type_count", 2)
            .texts("tokenizer.ggml.tokens", tokens)
            .decimals("tokenizer.ggml.scores", new float[tokens.size()])
            .numbers("tokenizer.ggml.token_type", types(tokens.size()))
            .number("tokenizer.ggml.padding_token_id", 0)
            .number("tokenizer.ggml.unknown_token_id", 1)
            .number("tokenizer.ggml.bos_token_id", 2)
            .number("tokenizer.ggml.cls_token_id", 2)
            .number("tokenizer.ggml.seperator_token_id", 3)
            .number("tokenizer.ggml.mask_token_id", 4);
    if (pooling >= 0) {
      writer.number("bert.pooling_type", pooling);
    }
    addTensors(writer, tokens.size());
    return writer.bytes();
  }

  private void addTensors(GgufWriter writer, int tokens) {
    var random = new SplittableRandom(7);
    writer.tensor("token_embd.weight", weights(random, WIDTH * tokens), WIDTH, tokens);
    writer.tensor("token_types.weight", weights(random, WIDTH * 2), WIDTH, 2);
    writer.tensor(
        "position_embd.weight", weights(random, WIDTH * contextTokens), WIDTH, contextTokens);
    norm(writer, "token_embd_norm");
    for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
      writer.tensor("blk.0." + name + ".weight", weights(random, WIDTH * WIDTH), WIDTH, WIDTH);
    }
    norm(writer, "blk.0.attn_output_norm");
    writer.tensor("blk.0.ffn_up.weight", weights(random, WIDTH * INNER), WIDTH, INNER);
    writer.tensor("blk.0.ffn_down.weight", weights(random, INNER * WIDTH), INNER, WIDTH);
    norm(writer, "blk.0.layer_output_norm");
  }

  private static void norm(GgufWriter writer, String name) {
    float[] ones = new float[WIDTH];
    Arrays.fill(ones, 1f);
    writer.tensor(name + ".weight", ones, WIDTH);
    writer.tensor(name + ".bias", new float[WIDTH], WIDTH);
  }

  /** A letter begins a word as {@code ▁a}, and goes on in one as {@code a}. */
  private static List<String> tokens() {
    List<String> tokens = new ArrayList<>(SPECIAL);
    for (char letter = 'a'; letter <= 'z'; letter++) {
      tokens.add("▁" + letter);
      tokens.add(String.valueOf(letter));
    }
    return tokens;
  }

  /** {@code enum llama_token_type}: 3 control, 1 normal. */
  private static int[] types(int count) {
    int[] types = new int[count];
    for (int i = 0; i < count; i++) {
      types[i] = i < SPECIAL.size() ? 3 : 1;
    }
    return types;
  }

  private static float[] weights(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1) * .5f;
    }
    return values;
  }
}

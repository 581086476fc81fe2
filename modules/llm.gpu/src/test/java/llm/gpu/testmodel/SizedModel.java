package llm.gpu.testmodel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A model of any size whose weights are all zero: it loads as any other and says nothing worth
 * reading.
 *
 * @param kind the architecture: llama, qwen3, qwen3moe or gemma3
 * @param width numbers of a token
 * @param layers how many
 * @param heads of queries
 * @param pairs heads of keys and values
 * @param inner numbers of a token in a feed-forward layer, or in one expert
 * @param tokens of the vocabulary, 259 or more
 * @param type of its matrices
 * @param output whether the output has weights of its own
 */
public record SizedModel(
    String kind,
    int width,
    int layers,
    int heads,
    int pairs,
    int inner,
    int tokens,
    Type type,
    boolean output) {
  private static final int BYTES = 256;
  private static final int SPECIAL = 3;
  private static final int EXPERTS = 8;
  private static final int ASKED = 2;

  /** How numbers are stored. */
  public enum Type {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q8_0(8, 32, 34);

    private final int number;
    private final int block;
    private final int blockBytes;

    Type(int number, int block, int blockBytes) {
      this.number = number;
      this.block = block;
      this.blockBytes = blockBytes;
    }
  }

  /** One of the llama family in 16 bits. */
  public static SizedModel llama(int width, int layers, int inner, int tokens) {
    return new SizedModel("llama", width, layers, 8, 8, inner, tokens, Type.F16, true);
  }

  /** Writes it and returns the file. */
  public Path writeTo(Path file) {
    try {
      return Files.write(file, writer(0, layers, Optional.empty()).bytes());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Writes it in two parts and returns the first. */
  public Path writeSplitTo(Path folder, String name) {
    try {
      Path first = folder.resolve(name + "-00001-of-00002.gguf");
      Files.write(first, writer(0, layers / 2, Optional.of(0)).bytes());
      Files.write(
          folder.resolve(name + "-00002-of-00002.gguf"),
          writer(layers / 2, layers, Optional.of(1)).bytes());
      return first;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private GgufWriter writer(int fromLayer, int toLayer, Optional<Integer> part) {
    var writer = new GgufWriter();
    part.ifPresent(index ->
        writer
            .small("split.no", index)
            .small("split.count", 2)
            .signed("split.tensors.count", tensorCount()));
    if (part.orElse(0) == 0) {
      describe(writer);
      matrix(writer, "token_embd", width, tokens);
      vector(writer, "output_norm", width);
      if (output) {
        matrix(writer, "output", width, tokens);
      }
    }
    for (int layer = fromLayer; layer < toLayer; layer++) {
      addLayer(writer, "blk." + layer + ".");
    }
    return writer;
  }

  private int tensorCount() {
    return 2 + (output ? 1 : 0) + 9 * layers;
  }

  private void describe(GgufWriter writer) {
    writer
        .text("general.architecture", kind)
        .number(kind + ".context_length", 8192)
        .number(kind + ".embedding_length", width)
        .number(kind + ".block_count", layers)
        .number(kind + ".feed_forward_length", inner)
        .number(kind + ".attention.head_count", heads)
        .number(kind + ".attention.head_count_kv", pairs)
        .number(kind + ".rope.dimension_count", width / heads)
        .decimal(kind + ".attention.layer_norm_rms_epsilon", 1e-5f)
        .text("tokenizer.ggml.model", "llama")
        .texts("tokenizer.ggml.tokens", vocabulary())
        .decimals("tokenizer.ggml.scores", new float[tokens])
        .numbers("tokenizer.ggml.token_type", types());
    if (hasExperts()) {
      writer
          .number(kind + ".expert_count", EXPERTS)
          .number(kind + ".expert_used_count", ASKED)
          .number(kind + ".expert_feed_forward_length", inner);
    }
    if (kind.equals("gemma3")) {
      writer.number("gemma3.attention.sliding_window", 512);
    }
  }

  private void addLayer(GgufWriter writer, String layer) {
    int head = width / heads;
    vector(writer, layer + "attn_norm", width);
    matrix(writer, layer + "attn_q", width, width);
    matrix(writer, layer + "attn_k", width, head * pairs);
    matrix(writer, layer + "attn_v", width, head * pairs);
    matrix(writer, layer + "attn_output", width, width);
    vector(writer, layer + "ffn_norm", width);
    if (!kind.equals("llama")) {
      vector(writer, layer + "attn_q_norm", head);
      vector(writer, layer + "attn_k_norm", head);
    }
    if (kind.equals("gemma3")) {
      vector(writer, layer + "post_attention_norm", width);
      vector(writer, layer + "post_ffw_norm", width);
    }
    if (hasExperts()) {
      writer.tensor(layer + "ffn_gate_inp.weight", new float[width * EXPERTS], width, EXPERTS);
      matrix(writer, layer + "ffn_gate_exps", width, inner, EXPERTS);
      matrix(writer, layer + "ffn_down_exps", inner, width, EXPERTS);
      matrix(writer, layer + "ffn_up_exps", width, inner, EXPERTS);
    } else {
      matrix(writer, layer + "ffn_gate", width, inner);
      matrix(writer, layer + "ffn_down", inner, width);
      matrix(writer, layer + "ffn_up", width, inner);
    }
  }

  private boolean hasExperts() {
    return kind.endsWith("moe");
  }

  private void matrix(GgufWriter writer, String name, long... shape) {
    long numbers = 1;
    for (long extent : shape) {
      numbers *= extent;
    }
    int bytes = (int) (numbers / type.block * type.blockBytes);
    writer.tensor(name + ".weight", type.number, new byte[bytes], shape);
  }

  private static void vector(GgufWriter writer, String name, int length) {
    writer.tensor(name + ".weight", new float[length], length);
  }

  private List<String> vocabulary() {
    List<String> all = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int value = 0; value < BYTES; value++) {
      all.add(String.format("<0x%02X>", value));
    }
    for (int i = all.size(); i < tokens; i++) {
      all.add("word" + i);
    }
    return all;
  }

  /** {@code enum llama_token_type}: 2 unknown, 3 control, 6 byte, 1 normal. */
  private int[] types() {
    int[] types = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      types[i] = i == 0 ? 2 : i < SPECIAL ? 3 : i < SPECIAL + BYTES ? 6 : 1;
    }
    return types;
  }
}

package llm.gpu.testmodel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A model of the llama family with random weights: one layer, a token for every byte. It talks
 * nonsense in any byte sequence and never ends by itself, because its end token has no weight.
 *
 * @param contextTokens the window it claims to be trained for
 * @param template its chat template
 * @param seed of its weights
 * @param damage what is wrong with it
 * @param pooling what its header says of vectors, a number of {@code enum llama_pooling_type}
 * @param window how far every second layer looks back, by the architecture cohere2; 0: all do
 *     without end, by that of llama
 */
public record TinyModel(
    int contextTokens,
    Optional<String> template,
    long seed,
    Damage damage,
    Optional<Integer> pooling,
    int window) {
  /** The template {@code chatml}, as llama.cpp recognises it. */
  public static final String CHATML =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' +"
          + " message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

  private static final int WIDTH = 32;
  private static final int HEADS = 4;
  private static final int INNER = 64;
  private static final int END_TOKEN = 2;

  /** What a test wants to be wrong. */
  public enum Damage {
    NONE,
    NAN_WEIGHTS,
    NAN_EMBEDDING,
    DUPLICATE_TOKEN,
    MISSING_BYTE_TOKEN,
    NEGATIVE_EPSILON,
    NO_LAYERS,
    NO_TOKENIZER
  }

  /** A sound one without a template. */
  public static TinyModel plain(int contextTokens) {
    return new TinyModel(contextTokens, Optional.empty(), 1, Damage.NONE, Optional.empty(), 0);
  }

  /** A sound one with the template {@link #CHATML}. */
  public static TinyModel chat(int contextTokens) {
    return new TinyModel(contextTokens, Optional.of(CHATML), 1, Damage.NONE, Optional.empty(), 0);
  }

  /** The same with another template. */
  public TinyModel withTemplate(String other) {
    return new TinyModel(contextTokens, Optional.of(other), seed, damage, pooling, window);
  }

  /** The same with other weights. */
  public TinyModel withSeed(long other) {
    return new TinyModel(contextTokens, template, other, damage, pooling, window);
  }

  /** The same, damaged. */
  public TinyModel with(Damage other) {
    return new TinyModel(contextTokens, template, seed, other, pooling, window);
  }

  /** The same with a header that says how vectors are made. */
  public TinyModel withPooling(int type) {
    return new TinyModel(contextTokens, template, seed, damage, Optional.of(type), window);
  }

  /** The same by cohere2: every second layer looks back {@code tokens} and no further. */
  public TinyModel withWindow(int tokens) {
    return new TinyModel(contextTokens, template, seed, damage, pooling, tokens);
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
    List<String> tokens = tokens();
    String kind = window > 0 ? "cohere2" : "llama";
    var writer =
        new GgufWriter()
            .text("general.architecture", kind)
            .text("general.name", "tiny")
            .number(kind + ".context_length", contextTokens)
            .number(kind + ".embedding_length", WIDTH)
            .number(kind + ".block_count", layers())
            .number(kind + ".feed_forward_length", INNER)
            .number(kind + ".attention.head_count", HEADS)
            .number(kind + ".attention.head_count_kv", HEADS)
            .number(kind + ".rope.dimension_count", WIDTH / HEADS)
            .decimal(
                kind + ".attention.layer_norm_rms_epsilon",
                damage == Damage.NEGATIVE_EPSILON ? -1f : 1e-5f)
            .text("tokenizer.ggml.model", damage == Damage.NO_TOKENIZER ? "no_vocab" : "llama")
            .texts("tokenizer.ggml.tokens", tokens)
            .decimals("tokenizer.ggml.scores", scores(tokens.size()))
            .numbers("tokenizer.ggml.token_type", types(tokens.size()))
            .number("tokenizer.ggml.bos_token_id", 1)
            .number("tokenizer.ggml.eos_token_id", END_TOKEN)
            .number("tokenizer.ggml.unknown_token_id", 0)
            .flag("tokenizer.ggml.add_bos_token", true)
            .flag("tokenizer.ggml.add_space_prefix", false);
    if (window > 0) {
      writer
          .number("cohere2.attention.sliding_window", window)
          .number("cohere2.attention.sliding_window_pattern", 2)
          .decimal("cohere2.logit_scale", 1f)
          .decimal("cohere2.attention.layer_norm_epsilon", 1e-5f);
    }
    pooling.ifPresent(type -> writer.number("llama.pooling_type", type));
    template.ifPresent(text -> writer.text("tokenizer.chat_template", text));
    addTensors(writer, tokens.size());
    return writer.bytes();
  }

  private void addTensors(GgufWriter writer, int tokens) {
    var random = new SplittableRandom(seed);
    float[] embedding = weights(random, WIDTH * tokens, 1f);
    if (damage == Damage.NAN_EMBEDDING) {
      embedding[5 * WIDTH] = Float.NaN;
    }
    if (window > 0) {
      Arrays.fill(embedding, 0, 3 * WIDTH, 0f); // as below
    }
    writer.tensor("token_embd.weight", embedding, WIDTH, tokens);
    for (int layer = 0; layer < Math.max(1, layers()); layer++) {
      addLayer(writer, random, "blk." + layer + ".");
    }
    writer.tensor("output_norm.weight", ones(), WIDTH);
    if (window > 0) {
      return; // its output is the embedding
    }
    float[] output = weights(random, WIDTH * tokens, 1f);
    Arrays.fill(output, 0, 3 * WIDTH, 0f); // unknown, begin and end never win
    if (damage == Damage.NAN_WEIGHTS) {
      output[5 * WIDTH] = Float.NaN;
    }
    writer.tensor("output.weight", output, WIDTH, tokens);
  }

  private int layers() {
    return damage == Damage.NO_LAYERS ? 0 : window > 0 ? 2 : 1;
  }

  private void addLayer(GgufWriter writer, SplittableRandom random, String layer) {
    writer.tensor(layer + "attn_norm.weight", ones(), WIDTH);
    for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
      writer.tensor(layer + name + ".weight", weights(random, WIDTH * WIDTH, .3f), WIDTH, WIDTH);
    }
    if (window == 0) {
      writer.tensor(layer + "ffn_norm.weight", ones(), WIDTH);
    }
    writer.tensor(layer + "ffn_gate.weight", weights(random, WIDTH * INNER, .3f), WIDTH, INNER);
    writer.tensor(layer + "ffn_down.weight", weights(random, INNER * WIDTH, .3f), INNER, WIDTH);
    writer.tensor(layer + "ffn_up.weight", weights(random, WIDTH * INNER, .3f), WIDTH, INNER);
  }

  private List<String> tokens() {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int value = 0; value < 256; value++) {
      boolean missing = damage == Damage.MISSING_BYTE_TOKEN && value == 0xC3;
      tokens.add(missing ? "gone" : String.format("<0x%02X>", value));
    }
    tokens.add("▁");
    for (char letter = 'a'; letter <= 'z'; letter++) {
      tokens.add(String.valueOf(letter));
    }
    tokens.add(damage == Damage.DUPLICATE_TOKEN ? "a" : "é");
    return tokens;
  }

  private static float[] scores(int count) {
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = -i;
    }
    return scores;
  }

  /** {@code enum llama_token_type}: 2 unknown, 3 control, 6 byte, 1 normal. */
  private static int[] types(int count) {
    int[] types = new int[count];
    for (int i = 0; i < count; i++) {
      types[i] = i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1;
    }
    return types;
  }

  private static float[] ones() {
    float[] values = new float[WIDTH];
    Arrays.fill(values, 1f);
    return values;
  }

  private static float[] weights(SplittableRandom random, int count, float scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1) * scale;
    }
    return values;
  }
}

package llm.train.gguf;

import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import llm.train.net.NetShape;
import llm.train.net.Parameters;
import llm.train.net.Tensor;
import llm.train.vocabulary.Vocabulary;

/**
 * A trained model as llama.cpp reads it: architecture {@code llama}, the head sharing the weights
 * of the embedding, ChatML. Names of keys and tensors are those of {@code llama-arch.cpp} (v0.5.0),
 * but for {@code llm_server.*}, which are ours.
 */
public final class ModelFile {
  /** ChatML in Jinja. */
  static final String TEMPLATE =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' +"
          + " message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

  private ModelFile() {}

  /**
   * The file.
   *
   * @param format of all tensors but norms, which llama.cpp wants as F32
   */
  public static byte[] bytes(
      Parameters parameters, Vocabulary vocabulary, ModelCard card, TensorFormat format) {
    var writer = new GgufWriter();
    describe(writer, card, format);
    addShape(writer, parameters.shape());
    addVocabulary(writer, vocabulary);
    writer
        .text("tokenizer.chat_template", TEMPLATE)
        .decimal("llm_server.fallback.min_probability", card.minProbability())
        .text("llm_server.corpus.sha256", card.corpusHash());
    new TreeMap<>(card.fallbacks())
        .forEach((language, text) -> writer.text("llm_server.fallback." + language, text));
    for (Tensor tensor : parameters.tensors()) {
      boolean norm = tensor.kind().isNorm();
      List<Integer> shape =
          norm ? List.of(tensor.columns()) : List.of(tensor.columns(), tensor.rows());
      writer.tensor(name(tensor), norm ? TensorFormat.F32 : format, tensor.values(), shape);
    }
    return writer.bytes();
  }

  private static void describe(GgufWriter writer, ModelCard card, TensorFormat format) {
    writer
        .text("general.architecture", "llama")
        .text("general.type", "model")
        .text("general.name", card.name())
        .text("general.description", card.description())
        .text("general.license", "apache-2.0")
        .texts("general.languages", card.fallbacks().keySet().stream().sorted().toList())
        .number("general.file_type", format.fileType())
        .number("general.quantization_version", 2)
        .decimal("general.sampling.temp", 0f);
  }

  private static void addShape(GgufWriter writer, NetShape shape) {
    writer
        .number("llama.context_length", shape.contextTokens())
        .number("llama.embedding_length", shape.width())
        .number("llama.block_count", shape.layers())
        .number("llama.feed_forward_length", shape.inner())
        .number("llama.attention.head_count", shape.heads())
        .number("llama.attention.head_count_kv", shape.heads())
        .number("llama.rope.dimension_count", NetShape.HEAD_WIDTH)
        .decimal("llama.rope.freq_base", NetShape.ROTATION_BASE)
        .decimal("llama.attention.layer_norm_rms_epsilon", NetShape.NORM_EPSILON)
        .number("llama.vocab_size", shape.vocabulary());
  }

  private static void addVocabulary(GgufWriter writer, Vocabulary vocabulary) {
    List<Integer> tokens = IntStream.range(0, vocabulary.size()).boxed().toList();
    writer
        .text("tokenizer.ggml.model", "llama")
        .text("tokenizer.ggml.pre", "default")
        .texts("tokenizer.ggml.tokens", tokens.stream().map(vocabulary::text).toList())
        .decimals("tokenizer.ggml.scores", tokens.stream().map(vocabulary::score).toList())
        .numbers(
            "tokenizer.ggml.token_type",
            tokens.stream().map(token -> vocabulary.type(token).number()).toList())
        .number("tokenizer.ggml.bos_token_id", Vocabulary.BEGIN)
        .number("tokenizer.ggml.eos_token_id", Vocabulary.TURN_END)
        .number("tokenizer.ggml.eot_token_id", Vocabulary.TURN_END)
        .number("tokenizer.ggml.unknown_token_id", 0)
        .flag("tokenizer.ggml.add_bos_token", true)
        .flag("tokenizer.ggml.add_eos_token", false)
        .flag("tokenizer.ggml.add_space_prefix", false);
  }

  private static String name(Tensor tensor) {
    String layer = "blk." + tensor.layer() + ".";
    return switch (tensor.kind()) {
          case EMBEDDING -> "token_embd";
          case ATTENTION_NORM -> layer + "attn_norm";
          case QUERY -> layer + "attn_q";
          case KEY -> layer + "attn_k";
          case VALUE -> layer + "attn_v";
          case ATTENTION_OUTPUT -> layer + "attn_output";
          case FEED_NORM -> layer + "ffn_norm";
          case GATE -> layer + "ffn_gate";
          case UP -> layer + "ffn_up";
          case DOWN -> layer + "ffn_down";
          case OUTPUT_NORM -> "output_norm";
        }
        + ".weight";
  }
}

package llm.gpu.testmodel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A model of the llama family that says what it is told: its layer adds nothing, each token of a
 * script has a place of its own in the embedding, and the output maps each place to the token that
 * follows. Which script is said is chosen by the prompt's last token, a control token of the
 * script's name, as {@code <|say:weather|>}.
 *
 * <p>A script is cut into tokens that no other script has, since a token has one successor. What
 * stands between two characters U+0001 in it is one control token.
 *
 * @param template its chat template
 * @param toolTemplate the one for tools; empty when it has none
 * @param scripts what it says, by name
 */
public record ScriptedModel(
    String template, Optional<String> toolTemplate, Map<String, String> scripts) {
  private static final int CONTEXT = 4096;
  private static final int HEADS = 4;
  private static final int INNER = 64;
  private static final int END_TOKEN = 2;
  private static final int FIRST_FREE = 3 + 256;
  private static final float LOUD = 8f;
  private static final char MARK = '\u0001';

  /** Writes one with these; called by name from other modules' tests. */
  public static void write(
      Path file, String template, String toolTemplate, Map<String, String> scripts) {
    new ScriptedModel(template, Optional.ofNullable(toolTemplate), scripts).writeTo(file);
  }

  /** Writes it and returns the file. */
  public Path writeTo(Path file) {
    try {
      return Files.write(file, bytes());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static final class Vocabulary {
    private final List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    private final List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
    private final Map<Integer, Integer> next = new LinkedHashMap<>();
    private final Set<String> used = new HashSet<>();

    private int add(String token, int type) {
      if (!used.add(token)) {
        throw new IllegalArgumentException("two tokens " + token);
      }
      tokens.add(token);
      types.add(type);
      return tokens.size() - 1;
    }

    private void script(String name, String text) {
      int last = add("<|say:" + name + "|>", 3);
      boolean control = false;
      for (String part : text.split(String.valueOf(MARK), -1)) {
        for (String token : control ? List.of(part) : pieces(part)) {
          int id = add(token, control ? 3 : 1);
          next.put(last, id);
          last = id;
        }
        control = !control;
      }
      next.put(last, END_TOKEN);
    }

    /** Pieces that are no tokens yet. */
    private List<String> pieces(String text) {
      String words = text.replace(' ', '\u2581');
      List<String> pieces = new ArrayList<>();
      for (int at = 0; at < words.length(); ) {
        int to = Math.min(words.length(), at + 4);
        while (to < words.length()
            && (used.contains(words.substring(at, to))
                || pieces.contains(words.substring(at, to)))) {
          to++;
        }
        String piece = words.substring(at, to);
        boolean known = used.contains(piece) || pieces.contains(piece); // at the end
        pieces.add(known && !pieces.isEmpty() ? pieces.removeLast() + piece : piece);
        at = to;
      }
      return pieces;
    }
  }

  private Vocabulary vocabulary() {
    var vocabulary = new Vocabulary();
    for (int value = 0; value < 256; value++) {
      vocabulary.add(String.format("<0x%02X>", value), 6);
    }
    scripts.forEach(vocabulary::script);
    return vocabulary;
  }

  /** The file. */
  public byte[] bytes() {
    return bytes(_ -> {});
  }

  /** The file with what {@code more} writes into its metadata. */
  byte[] bytes(Consumer<GgufWriter> more) {
    Vocabulary vocabulary = vocabulary();
    int size = vocabulary.tokens.size();
    int width = (size - FIRST_FREE + 31) / 32 * 32;
    var scores = new float[size];
    for (int i = 0; i < size; i++) {
      scores[i] = -i;
    }
    var writer =
        new GgufWriter()
            .text("general.architecture", "llama")
            .text("general.name", "scripted")
            .number("llama.context_length", CONTEXT)
            .number("llama.embedding_length", width)
            .number("llama.block_count", 1)
            .number("llama.feed_forward_length", INNER)
            .number("llama.attention.head_count", HEADS)
            .number("llama.attention.head_count_kv", HEADS)
            .number("llama.rope.dimension_count", width / HEADS)
            .decimal("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .text("tokenizer.ggml.model", "llama")
            .texts("tokenizer.ggml.tokens", vocabulary.tokens)
            .decimals("tokenizer.ggml.scores", scores)
            .numbers(
                "tokenizer.ggml.token_type",
                vocabulary.types.stream().mapToInt(Integer::intValue).toArray())
            .number("tokenizer.ggml.bos_token_id", 1)
            .number("tokenizer.ggml.eos_token_id", END_TOKEN)
            .number("tokenizer.ggml.unknown_token_id", 0)
            .flag("tokenizer.ggml.add_bos_token", true)
            .flag("tokenizer.ggml.add_space_prefix", false)
            .text("tokenizer.chat_template", template);
    toolTemplate.ifPresent(text ->
        writer
            .texts("tokenizer.chat_templates", List.of("tool_use"))
            .text("tokenizer.chat_template.tool_use", text));
    more.accept(writer);
    addTensors(writer, vocabulary, width);
    return writer.bytes();
  }

  private static void addTensors(GgufWriter writer, Vocabulary vocabulary, int width) {
    int size = vocabulary.tokens.size();
    var embedding = new float[width * size];
    var output = new float[width * size];
    for (int token = FIRST_FREE; token < size; token++) {
      int place = token - FIRST_FREE;
      embedding[token * width + place] = 1f;
      output[vocabulary.next.get(token) * width + place] = LOUD;
    }
    writer.tensor("token_embd.weight", embedding, width, size);
    writer.tensor("blk.0.attn_norm.weight", ones(width), width);
    for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
      writer.tensor("blk.0." + name + ".weight", new float[width * width], width, width);
    }
    writer.tensor("blk.0.ffn_norm.weight", ones(width), width);
    writer.tensor("blk.0.ffn_gate.weight", new float[width * INNER], width, INNER);
    writer.tensor("blk.0.ffn_down.weight", new float[INNER * width], INNER, width);
    writer.tensor("blk.0.ffn_up.weight", new float[width * INNER], width, INNER);
    writer.tensor("output_norm.weight", ones(width), width);
    writer.tensor("output.weight", output, width, size);
  }

  private static float[] ones(int width) {
    var values = new float[width];
    Arrays.fill(values, 1f);
    return values;
  }
}

package llm.bench.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Models of the llama family with random weights, the same bytes on every machine. They talk
 * nonsense at the cost of a real model of their size and never end by themselves. A prompt of
 * letters, digits, spaces, full stops and commas has one token a character and one to begin with;
 * every token of an answer is a piece of text of its own. {@link #TALK} has short words instead
 * that are one token each when they are read again, as with a real model.
 */
public enum GeneratedModel {
  /** As large as the story models that fit into a cache: what everything but the model costs. */
  TINY(GgufFile.Type.F32, 64, 5, 8, 4, 192, 512, 2048),
  /** About 30 million weights. */
  MEDIUM(GgufFile.Type.Q8_0, 512, 8, 8, 8, 1408, 4096, 4096),
  /** About 250 million weights: what the model costs is nearly all. */
  LARGE(GgufFile.Type.Q8_0, 1024, 16, 16, 8, 2816, 32_000, 4096),
  /** For conversations: what it says is as long in the next prompt as it was. */
  TALK(GgufFile.Type.Q8_0, 256, 6, 8, 4, 704, 2048, 2048),
  /** A large vocabulary and little else: what choosing a token costs. */
  WIDE(GgufFile.Type.Q8_0, 64, 2, 8, 4, 192, 32_000, 2048),
  /** {@link #MEDIUM} in 32 bits: reading the weights takes most of a token. */
  MEDIUM_F32(GgufFile.Type.F32, 512, 8, 8, 8, 1408, 4096, 4096),
  /** The vocabulary of a model in use, with signs of JSON in all mixtures: what masks cost. */
  VAST(GgufFile.Type.Q8_0, 64, 2, 8, 4, 192, 150_000, 4096),
  /** The same size; its first layer says nearly all that it says. */
  DRAFTED(GgufFile.Type.F32, 512, 8, 8, 8, 1408, 4096, 4096),
  /** The first layer of {@link #DRAFTED}, which so often says the same. */
  DRAFT(GgufFile.Type.F32, 512, 1, 8, 8, 1408, 4096, 4096);

  /** What a prompt may be made of, so that it has one token a character. */
  static final String CHARACTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,";

  /** Part of the file's name: to be raised when the bytes of the files change. */
  private static final int REVISION = 1;

  private static final long SEED = 20_261_121;
  private static final int FIRST_BYTE_TOKEN = 3;
  private static final int FIRST_TEXT_TOKEN = FIRST_BYTE_TOKEN + 256;
  private static final int MAX_QUANT = 127;
  private static final double QUIET = 0.02; // what layers behind the first add, of DRAFTED
  private static final String[] CONSONANTS = "b d f g k l m n p r s t v z".split(" ");
  private static final String[] VOWELS = "a e i o u".split(" ");
  private static final String[] SIGNS =
      "{ } [ ] \" : , \": \", {\" }, }} [\" \"] ], \\ \\\" \\n ▁ ▁▁ ▁▁▁▁ ▁\" ▁{ ▁[ \t - ü ж 漢 字 ( ) = ; < > / null true false"
          .split(" ");
  private static final int MIXTURES = 12_000;
  private static final int SYLLABLES = CONSONANTS.length * VOWELS.length;

  private final GgufFile.Type type;
  private final int width;
  private final int layers;
  private final int heads;
  private final int keyHeads;
  private final int inner;
  private final int vocabulary;
  private final int contextTokens;

  GeneratedModel(
      GgufFile.Type type,
      int width,
      int layers,
      int heads,
      int keyHeads,
      int inner,
      int vocabulary,
      int contextTokens) {
    this.type = type;
    this.width = width;
    this.layers = layers;
    this.heads = heads;
    this.keyHeads = keyHeads;
    this.inner = inner;
    this.vocabulary = vocabulary;
    this.contextTokens = contextTokens;
  }

  /** Weights in all. */
  public long weights() {
    long attention = 2L * width * width + 2L * width * keyWidth();
    long layer = attention + 3L * width * inner + 2L * width;
    return layers * layer + 2L * vocabulary * width + width;
  }

  /** The window it claims to be trained for. */
  public int contextTokens() {
    return contextTokens;
  }

  /** Its words for the table. */
  public String words() {
    return String.format(
        Locale.ROOT, "%s (%.3g M weights, %s)", label(), weights() / 1e6, type.name());
  }

  /** The file in {@code folder}, written when it is not there; blocks some seconds then. */
  public Path fileIn(Path folder) {
    Path file = folder.resolve(label() + "-r" + REVISION + ".gguf");
    if (Files.exists(file)) {
      return file;
    }
    try {
      Files.createDirectories(folder);
      Path part = Files.createTempFile(folder, label(), ".part");
      describe().writeTo(part);
      // Whoever sees the name sees a whole file, also after a run that was cut off.
      return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  /** Lower-case name. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  GgufFile describe() {
    List<String> tokens = tokens();
    var file =
        new GgufFile()
            .text("general.architecture", "llama")
            .text("general.name", "random-" + label())
            .number("general.file_type", type == GgufFile.Type.F32 ? 0 : 7)
            .number("llama.vocab_size", vocabulary)
            .number("llama.context_length", contextTokens)
            .number("llama.embedding_length", width)
            .number("llama.block_count", layers)
            .number("llama.feed_forward_length", inner)
            .number("llama.rope.dimension_count", width / heads)
            .number("llama.attention.head_count", heads)
            .number("llama.attention.head_count_kv", keyHeads)
            .decimal("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .text("tokenizer.ggml.model", "llama")
            .texts("tokenizer.ggml.tokens", tokens)
            .decimals("tokenizer.ggml.scores", scores())
            .numbers("tokenizer.ggml.token_type", types())
            .number("tokenizer.ggml.bos_token_id", 1)
            .number("tokenizer.ggml.eos_token_id", 2)
            .number("tokenizer.ggml.unknown_token_id", 0)
            .flag("tokenizer.ggml.add_bos_token", true)
            .flag("tokenizer.ggml.add_eos_token", false)
            .flag("tokenizer.ggml.add_space_prefix", false);
    addTensors(file);
    return file;
  }

  private void addTensors(GgufFile file) {
    var random = new SplittableRandom(SEED + ordinal());
    double scale = Math.sqrt(3.0 / width);
    matrix(file, random, "token_embd.weight", width, vocabulary, 1, 0);
    for (int i = 0; i < layers; i++) {
      String block = "blk." + i + ".";
      double loud = isFamily() && i > 0 ? QUIET : 1;
      double scaleDown = Math.sqrt(3.0 / inner);
      ones(file, block + "attn_norm.weight");
      matrix(file, random, block + "attn_q.weight", width, width, scale, 0);
      matrix(file, random, block + "attn_k.weight", width, keyWidth(), scale, 0);
      matrix(file, random, block + "attn_v.weight", width, keyWidth(), scale, 0);
      matrix(file, random, block + "attn_output.weight", width, width, scale * loud, 0);
      ones(file, block + "ffn_norm.weight");
      matrix(file, random, block + "ffn_gate.weight", width, inner, scale, 0);
      matrix(file, random, block + "ffn_down.weight", inner, width, scaleDown * loud, 0);
      matrix(file, random, block + "ffn_up.weight", width, inner, scale, 0);
    }
    ones(file, "output_norm.weight");
    // The end mark, the bytes and pieces of words have no weight, so the best of the others wins.
    matrix(file, random, "output.weight", width, vocabulary, scale, firstSpoken());
  }

  /** Whether it shares weights with another one. */
  private boolean isFamily() {
    return this == DRAFTED || this == DRAFT;
  }

  private int keyWidth() {
    return width / heads * keyHeads;
  }

  private void ones(GgufFile file, String name) {
    file.tensor(
        name,
        GgufFile.Type.F32,
        width,
        1,
        (_, row) -> {
          while (row.hasRemaining()) {
            row.putFloat(1);
          }
        });
  }

  /** Numbers evenly between −scale and scale; the first {@code zeroRows} rows are 0. */
  private void matrix(
      GgufFile file,
      SplittableRandom ofAll,
      String name,
      int columns,
      int rows,
      double scale,
      int zeroRows) {
    SplittableRandom random = isFamily() ? new SplittableRandom(SEED + name.hashCode()) : ofAll;
    file.tensor(
        name,
        type,
        columns,
        rows,
        (index, row) -> {
          double rowScale = index < zeroRows ? 0 : scale;
          if (type == GgufFile.Type.F32) {
            floats(random, rowScale, row);
          } else {
            blocks(random, rowScale, row);
          }
        });
  }

  private static void floats(SplittableRandom random, double scale, ByteBuffer row) {
    while (row.hasRemaining()) {
      row.putFloat((float) ((random.nextDouble() * 2 - 1) * scale));
    }
  }

  private static void blocks(SplittableRandom random, double scale, ByteBuffer row) {
    short step = Float.floatToFloat16((float) (scale / MAX_QUANT));
    while (row.hasRemaining()) {
      row.putShort(step);
      for (int i = 0; i < GgufFile.Type.BLOCK; i += Long.BYTES) {
        // Eight signed bytes at once; their least value, −128, is a hair beyond −scale.
        row.putLong(random.nextLong());
      }
    }
  }

  /** The first token that it says. */
  private int firstSpoken() {
    return this == TALK
        ? FIRST_TEXT_TOKEN + 1 + CHARACTERS.length() + 2 * SYLLABLES
        : FIRST_TEXT_TOKEN;
  }

  /**
   * Control tokens, bytes, single characters, words. Words have three characters and more, and
   * SentencePiece joins two known pieces at a time: so none is ever joined in a prompt, but with
   * {@link #TALK}, which has the pieces too.
   */
  private List<String> tokens() {
    var tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int value = 0; value < 256; value++) {
      tokens.add(String.format("<0x%02X>", value));
    }
    Set<String> texts = new LinkedHashSet<>(List.of("▁"));
    CHARACTERS.chars().forEach(c -> texts.add(String.valueOf((char) c)));
    if (this == TALK) {
      syllables("").forEach(texts::add);
      syllables("▁").forEach(texts::add);
    }
    var random = new SplittableRandom(SEED);
    if (this == VAST) {
      mixtures(random).forEach(texts::add);
    }
    while (tokens.size() + texts.size() < vocabulary) {
      var word = new StringBuilder("▁");
      for (int i = this == TALK ? 2 : 2 + random.nextInt(3); i > 0; i--) {
        word.append(CONSONANTS[random.nextInt(CONSONANTS.length)])
            .append(VOWELS[random.nextInt(VOWELS.length)]);
      }
      texts.add(word.toString());
    }
    tokens.addAll(texts);
    return tokens;
  }

  /** As tokenizers find them in code; no prompt has two of them in a row. */
  private static Stream<String> mixtures(SplittableRandom random) {
    return Stream.generate(
            () -> {
              var mixture = new StringBuilder();
              for (int i = 2 + random.nextInt(3); i > 0; i--) {
                mixture.append(SIGNS[random.nextInt(SIGNS.length)]);
              }
              return mixture.toString();
            })
        .distinct()
        .limit(MIXTURES);
  }

  private static Stream<String> syllables(String before) {
    return Stream.of(CONSONANTS).flatMap(c -> Stream.of(VOWELS).map(v -> before + c + v));
  }

  private float[] scores() {
    var scores = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      scores[i] = -i;
    }
    return scores;
  }

  /** {@code enum llama_token_type} of llama.h: 2 unknown, 3 control, 6 byte, 1 normal. */
  private int[] types() {
    var types = new int[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      types[i] = i == 0 ? 2 : i < FIRST_BYTE_TOKEN ? 3 : i < FIRST_TEXT_TOKEN ? 6 : 1;
    }
    return types;
  }
}

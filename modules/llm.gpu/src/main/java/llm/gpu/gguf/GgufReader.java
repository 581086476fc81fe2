package llm.gpu.gguf;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads one file's header: metadata, tensor list, and whether the file is long enough for its
 * tensors. It never reads tensor data, allocates for what was read and never for what the header
 * merely claims, and ends in a {@link GgufException} for whatever is wrong.
 *
 * <p>Stricter than {@code gguf_init_from_file} where llama.cpp would assert later and end the
 * process: see {@link ModelRules}.
 */
public final class GgufReader {
  private static final int MAGIC = 0x46554747; // "GGUF"
  private static final int MAX_KEYS = 1 << 16;
  private static final int MAX_TENSORS = 1 << 18;
  private static final int MAX_TOKENS = 1 << 22;
  private static final int MAX_KEY_BYTES = 256;
  private static final int MAX_TOKEN_BYTES = 1 << 16; // to be shown
  private static final int MAX_TENSOR_NAME_BYTES = 63;
  private static final int MAX_KEPT_TEXT_BYTES = 1024;
  private static final int MAX_TEMPLATE_BYTES = 1 << 20;
  private static final int MAX_DIMENSIONS = 4;
  private static final int MAX_SERIES = 1024; // more numbers are not of layers
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final String WINDOWS = ".attention.sliding_window_pattern";
  private static final int MAX_FLAGS = 4096;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  /** Bytes of a value by type number; 0 for text and arrays, whose size is said beside them. */
  private static final int[] VALUE_BYTES = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

  private final FileCursor in;
  private final Map<String, String> texts = new HashMap<>();
  private final Map<String, Long> numbers = new HashMap<>();
  private final Set<String> lists = new HashSet<>();
  private final Map<String, List<Long>> series = new HashMap<>();
  private final Map<String, Long> weights = new HashMap<>();
  private final TokenHashes vocabulary = new TokenHashes();
  private final List<String> tokens = new ArrayList<>(); // where they are wanted
  private long tokensHash = TokenHashes.start(); // of all in order
  private final Map<String, Float> decimals = new HashMap<>();
  private final Set<String> keys = new HashSet<>();
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();
  private boolean wantsTokens;
  private int tokenCount;
  private int embeddingType = -1;

  private GgufReader(FileCursor in) {
    this.in = in;
  }

  /**
   * Reads the header of {@code file}.
   *
   * @throws GgufException when it is absent, unreadable, no GGUF, damaged, truncated, or no model
   */
  public static GgufHeader read(Path file) throws GgufException {
    return read(file, GgufReader::header);
  }

  /**
   * Reads the header of {@code file}, which is to be a LoRA adapter.
   *
   * @throws GgufException when it is none, as above
   */
  static GgufAdapter readAdapter(Path file) throws GgufException {
    return read(file, GgufReader::adapter);
  }

  /** The tokens of a model's vocabulary in order. */
  static List<String> readTokens(Path file) throws GgufException {
    return read(
        file,
        reader -> {
          reader.wantsTokens = true;
          reader.header();
          return reader.tokens;
        });
  }

  /** The tensors of a model's files by their names. */
  static Map<String, GgufTensor> readTensors(List<Path> files) throws GgufException {
    var all = new HashMap<String, GgufTensor>();
    for (Path file : files) {
      all.putAll(
          read(
              file,
              reader -> {
                reader.header();
                return reader.tensors;
              }));
    }
    return all;
  }

  /** What is wanted of a header. */
  @FunctionalInterface
  private interface Wanted<T> {
    T of(GgufReader reader) throws IOException, GgufException;
  }

  private static <T> T read(Path file, Wanted<T> wanted) throws GgufException {
    if (Files.isDirectory(file)) {
      throw new GgufException("is a directory");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return wanted.of(new GgufReader(new FileCursor(channel)));
    } catch (NoSuchFileException absent) {
      throw new GgufException("does not exist", absent);
    } catch (AccessDeniedException denied) {
      throw new GgufException("may not be read by this process", denied);
    } catch (IOException failure) {
      throw new GgufException("cannot be read (" + failure.getMessage() + ")", failure);
    }
  }

  private GgufHeader header() throws IOException, GgufException {
    readAll();
    var header =
        new GgufHeader(
            texts,
            numbers,
            decimals,
            lists,
            series,
            new Weights(weights, embeddingType),
            tensors.size(),
            tokenCount,
            in.size());
    ModelRules.check(header);
    ModelRules.checkFormats(tensors.values());
    return header;
  }

  private GgufAdapter adapter() throws IOException, GgufException {
    readAll();
    AdapterRules.check(texts, keys, decimals, tensors);
    return new GgufAdapter(texts.get("general.architecture"), tensors, in.size());
  }

  private void readAll() throws IOException, GgufException {
    if (in.size() < 24 || in.i32() != MAGIC) {
      throw new GgufException("is not a GGUF file");
    }
    int version = in.i32();
    if (version < 2 || version > 3) {
      throw new GgufException(
          "has GGUF version " + Integer.toUnsignedString(version) + "; 2 and 3 are read");
    }
    int tensorCount = count("tensors", in.i64(), MAX_TENSORS);
    readMetadata(count("metadata keys", in.i64(), MAX_KEYS));
    if (tokenCount > 0 && !wantsTokens) {
      checkVocabulary();
    }
    readTensors(tensorCount);
  }

  private void readMetadata(int count) throws IOException, GgufException {
    for (int i = 0; i < count; i++) {
      String key = in.text(length("a metadata key", in.i64(), 1, MAX_KEY_BYTES));
      if (!keys.add(key)) {
        throw new GgufException("has the metadata key '" + key + "' twice");
      }
      readValue(key, in.i32());
    }
  }

  private void readValue(String key, int type) throws IOException, GgufException {
    switch (type) {
      case 0 -> numbers.put(key, (long) in.u8());
      case 1 -> numbers.put(key, (long) (byte) in.u8());
      case 2 -> numbers.put(key, (long) in.u16());
      case 3 -> numbers.put(key, (long) (short) in.u16());
      case 4 -> numbers.put(key, Integer.toUnsignedLong(in.i32()));
      case 5 -> numbers.put(key, (long) in.i32());
      case 7 -> numbers.put(key, (long) in.u8());
      case 10, 11 -> numbers.put(key, in.i64());
      case 6 -> readDecimal(key, Float.intBitsToFloat(in.i32()));
      case 12 -> in.skip(Double.BYTES);
      case STRING -> readText(key, in.i64());
      case ARRAY -> readArray(key, in.i32(), in.i64());
      default ->
          throw new GgufException("has a value of unknown type " + type + " at '" + key + "'");
    }
  }

  /** ggml asserts on an epsilon below 0 when it computes. */
  private void readDecimal(String key, float value) throws GgufException {
    decimals.put(key, value);
    if (key.endsWith("epsilon") && !(value >= 0 && value <= 1)) {
      throw new GgufException("is damaged: " + key + " is " + value + " and must be 0 to 1");
    }
  }

  private void readText(String key, long bytes) throws IOException, GgufException {
    boolean template = key.equals(GgufHeader.TEMPLATE) || key.equals(GgufHeader.TOOL_TEMPLATE);
    int most = template ? MAX_TEMPLATE_BYTES : MAX_KEPT_TEXT_BYTES;
    if (bytes >= 0 && bytes <= most) {
      texts.put(key, in.text((int) bytes));
    } else {
      in.skip(bytes);
    }
  }

  private void readArray(String key, int type, long count) throws IOException, GgufException {
    if (type < 0 || type >= VALUE_BYTES.length || type == ARRAY) {
      throw new GgufException("has an array of unknown type " + type + " at '" + key + "'");
    }
    lists.add(key);
    boolean tokens = key.equals(GgufHeader.TOKENS);
    if (tokens && (type != STRING || count < 1 || count > MAX_TOKENS)) {
      throw new GgufException("has a vocabulary that is no list of 1 to " + MAX_TOKENS + " texts");
    }
    if (type == STRING) {
      readTexts(count, tokens);
    } else if (count < 0 || count > in.remaining() / VALUE_BYTES[type]) {
      throw in.truncated();
    } else if (count <= MAX_SERIES && (type == 4 || type == 5)) {
      readSeries(key, type, (int) count);
    } else if (type == BOOL && count <= MAX_FLAGS && key.endsWith(WINDOWS)) {
      readWindows(key, (int) count);
    } else {
      in.skip(count * VALUE_BYTES[type]);
    }
  }

  private void readSeries(String key, int type, int count) throws IOException, GgufException {
    List<Long> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int value = in.i32();
      values.add(type == 4 ? Integer.toUnsignedLong(value) : value);
    }
    series.put(key, List.copyOf(values));
  }

  /** Which layers have a sliding window; none, as the pattern 1 says it, is kept as that. */
  private void readWindows(String key, int layers) throws IOException, GgufException {
    boolean any = false;
    for (int i = 0; i < layers; i++) {
      any |= in.u8() != 0;
    }
    if (!any) {
      numbers.put(key, 1L);
    }
  }

  /** Passes over texts; those of the vocabulary are hashed. */
  private void readTexts(long count, boolean isVocabulary) throws IOException, GgufException {
    if (count < 0 || count > in.remaining() / Long.BYTES) {
      throw in.truncated();
    }
    for (long i = 0; i < count; i++) {
      long bytes = in.i64();
      if (isVocabulary && wantsTokens) {
        tokens.add(in.text(length("a token", bytes, 0, MAX_TOKEN_BYTES)));
      } else if (isVocabulary && bytes > 0 && bytes <= in.remaining()) {
        long hash = in.hash(bytes);
        vocabulary.add(hash);
        tokensHash = TokenHashes.then(tokensHash, hash);
      } else {
        in.skip(bytes);
      }
    }
    if (isVocabulary) {
      tokenCount = (int) count;
      numbers.put(GgufHeader.TOKENS, tokensHash);
    }
  }

  private void checkVocabulary() throws GgufException {
    if (vocabulary.hasDuplicates()) {
      throw new GgufException("has the same token twice in its vocabulary");
    }
    if ("llama".equals(texts.get("tokenizer.ggml.model")) && !vocabulary.coversBytes()) {
      throw new GgufException("has a vocabulary without a token for every byte");
    }
  }

  private void readTensors(int count) throws IOException, GgufException {
    long alignment = numbers.getOrDefault("general.alignment", (long) DEFAULT_ALIGNMENT);
    if (alignment < 1 || alignment > 1 << 20 || Long.bitCount(alignment) != 1) {
      throw new GgufException("has the alignment " + alignment + ", which is no power of 2");
    }
    long expectedOffset = 0;
    long end = 0;
    for (int i = 0; i < count; i++) {
      String name = in.text(length("a tensor's name", in.i64(), 1, MAX_TENSOR_NAME_BYTES));
      if (tensors.containsKey(name)) {
        throw new GgufException("has the tensor '" + name + "' twice");
      }
      long bytes = readTensorBytes(name);
      weights.merge(Weights.groupOf(name), bytes, Long::sum);
      if (in.i64() != expectedOffset) {
        throw new GgufException("is damaged: tensor '" + name + "' does not follow the one before");
      }
      end = expectedOffset + bytes;
      expectedOffset = align(end, alignment);
      requireBytes(end);
    }
    if (count > 0) {
      requireBytes(align(in.position(), alignment) + end);
    }
  }

  private static long align(long position, long alignment) {
    return position + (-position & (alignment - 1));
  }

  private void requireBytes(long bytes) throws GgufException {
    if (bytes > in.size()) {
      throw new GgufException(
          "is truncated: it has "
              + in.size()
              + " bytes and its tensors need "
              + bytes
              + " or more");
    }
  }

  private long readTensorBytes(String name) throws IOException, GgufException {
    int dimensions = in.i32();
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw new GgufException("is damaged: tensor '" + name + "' has no shape");
    }
    List<Long> shape = new ArrayList<>(dimensions);
    long rowElements = 0;
    long elements = 1;
    for (int d = 0; d < dimensions; d++) {
      long extent = in.i64();
      shape.add(extent);
      if (extent < 1 || extent > Long.MAX_VALUE / 8 / elements) {
        throw new GgufException("is damaged: tensor '" + name + "' has an impossible shape");
      }
      rowElements = d == 0 ? extent : rowElements;
      elements *= extent;
    }
    int type = in.i32();
    if (!TensorTypes.exists(type) || rowElements % TensorTypes.blockElements(type) != 0) {
      throw new GgufException("has the tensor '" + name + "' in a format that is not known here");
    }
    tensors.put(name, new GgufTensor(name, type, shape));
    if (name.equals("token_embd.weight")) {
      embeddingType = type;
    }
    long blocks = elements / TensorTypes.blockElements(type);
    if (blocks > in.size() / TensorTypes.blockBytes(type)) {
      throw new GgufException("is truncated: tensor '" + name + "' is larger than the whole file");
    }
    return blocks * TensorTypes.blockBytes(type);
  }

  private static int count(String what, long value, int max) throws GgufException {
    if (value < 0 || value > max) {
      throw new GgufException(
          "claims " + Long.toUnsignedString(value) + " " + what + "; at most " + max + " are read");
    }
    return (int) value;
  }

  private static int length(String what, long value, int min, int max) throws GgufException {
    if (value < min || value > max) {
      throw new GgufException(
          "is damaged: " + what + " takes " + Long.toUnsignedString(value) + " bytes");
    }
    return (int) value;
  }
}

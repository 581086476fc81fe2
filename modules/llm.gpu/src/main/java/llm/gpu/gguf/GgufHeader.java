package llm.gpu.gguf;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a model file says about itself.
 *
 * @param texts short texts by key, as {@code general.name}
 * @param numbers whole numbers by key, as {@code llama.context_length}; booleans are 0 and 1
 * @param decimals 32-bit decimal numbers by key, as {@code general.sampling.temp}; any value, NaN
 *     too
 * @param lists keys whose value is a list
 * @param series short lists of whole numbers by key, as the heads of each layer
 * @param weights bytes of the tensors; of all parts where it is that of a whole split model
 * @param tensorCount tensors in this file
 * @param tokenCount tokens of the vocabulary, 0 without one
 * @param fileBytes the file's size
 */
public record GgufHeader(
    Map<String, String> texts,
    Map<String, Long> numbers,
    Map<String, Float> decimals,
    Set<String> lists,
    Map<String, List<Long>> series,
    Weights weights,
    int tensorCount,
    int tokenCount,
    long fileBytes) {

  /** The list of tokens; among the numbers stands its hash. */
  static final String TOKENS = "tokenizer.ggml.tokens";

  static final String TEMPLATE = "tokenizer.chat_template";
  static final String TOOL_TEMPLATE = TEMPLATE + ".tool_use";
  private static final int RANK = 4; // LLAMA_POOLING_TYPE_RANK
  private static final Set<String> ENCODERS =
      Set.of(
          "bert",
          "eurobert",
          "gemma-embedding",
          "jina-bert-v2",
          "jina-bert-v3",
          "modern-bert",
          "neo-bert",
          "nomic-bert",
          "nomic-bert-moe");

  /** Copies the collections. */
  public GgufHeader {
    texts = Map.copyOf(texts);
    numbers = Map.copyOf(numbers);
    decimals = Map.copyOf(decimals);
    lists = Set.copyOf(lists);
    series = Map.copyOf(series);
  }

  /** The same with the tensors of another part of the model. */
  GgufHeader with(GgufHeader part) {
    return new GgufHeader(
        texts,
        numbers,
        decimals,
        lists,
        series,
        weights.plus(part.weights),
        tensorCount,
        tokenCount,
        fileBytes);
  }

  /** The family, as {@code llama}; empty text when the file does not say. */
  public String architecture() {
    return texts.getOrDefault("general.architecture", "");
  }

  /** The model's own name. */
  public Optional<String> name() {
    return Optional.ofNullable(texts.get("general.name"))
        .map(String::strip)
        .filter(n -> !n.isEmpty());
  }

  /** The chat template, up to a megabyte; empty when there is none. */
  public Optional<String> chatTemplate() {
    return Optional.ofNullable(texts.get(TEMPLATE)).filter(text -> !text.isBlank());
  }

  /** The template for conversations with tools, likewise; {@code tool_use} among the named ones. */
  public Optional<String> toolTemplate() {
    return Optional.ofNullable(texts.get(TOOL_TEMPLATE)).filter(text -> !text.isBlank());
  }

  /** The size in words, as {@code 7B}. */
  public Optional<String> sizeLabel() {
    return Optional.ofNullable(texts.get("general.size_label"));
  }

  /** Tokens of the window the model was trained for; 0 when the file does not say. */
  public int contextTokens() {
    return Math.clamp(ofArchitecture("context_length", 0), 0, Integer.MAX_VALUE);
  }

  /**
   * Whether it is an encoder: it makes vectors of whole texts and generates none. Those are the
   * architectures without a memory in {@code llama_model::create_memory} (llama-model.cpp, v0.5.0)
   * that read text, and all others whose attention looks ahead.
   */
  public boolean isEncoder() {
    return ENCODERS.contains(architecture()) || ofArchitecture("attention.causal", 1) == 0;
  }

  /** The number of {@code enum llama_pooling_type} that it names; empty when it names none. */
  public Optional<Long> poolingType() {
    return Optional.ofNullable(numbers.get(architecture() + ".pooling_type"));
  }

  /** Whether it ranks texts, by scores in place of vectors. */
  public boolean ranks() {
    return poolingType().orElse(0L) == RANK;
  }

  /** The same for vocabularies of the same tokens in the same order, and hardly for any other. */
  public long vocabularyHash() {
    return numbers.getOrDefault(TOKENS, 0L);
  }

  /** How many files the model is split over; 1 for a whole one. */
  public int splitCount() {
    return Math.clamp(numbers.getOrDefault("split.count", 1L), 1, Integer.MAX_VALUE);
  }

  /** Which of those files this is, from 0. */
  public int splitIndex() {
    return Math.clamp(numbers.getOrDefault("split.no", 0L), 0, Integer.MAX_VALUE);
  }

  /** The number {@code <architecture>.<key>} of a layer, where layers may differ. */
  public long ofLayer(String key, int layer, long fallback) {
    List<Long> each = series.getOrDefault(architecture() + "." + key, List.of());
    return layer < each.size() ? each.get(layer) : ofArchitecture(key, fallback);
  }

  /** The number {@code <architecture>.<key>}, or {@code fallback} when it is not there. */
  public long ofArchitecture(String key, long fallback) {
    return numbers.getOrDefault(architecture() + "." + key, fallback);
  }
}

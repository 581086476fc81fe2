package llm.gpu.gguf;

import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * What a header must say so that llama.cpp loads the model or declines, but does not end the
 * process: the assertions of {@code llama_model_base::load_hparams} (llama-model.cpp, v0.5.0), and
 * models that do not generate text.
 */
final class ModelRules {
  private static final int MAX_LAYERS = 512;
  private static final int MAX_EXPERTS = 1024;
  private static final int MAX_WIDTH = 1 << 20;
  private static final int WHOLE_FROM = 24; // GGML_TYPE_I8 to I64, and F64
  private static final int WHOLE_TO = 28;
  private static final Set<String> ROPE_SCALINGS = Set.of("none", "linear", "yarn", "longrope");
  private static final Set<String> NO_TEXT = Set.of("no_vocab", "none");

  private ModelRules() {}

  /** Throws for the first rule that the header breaks. */
  static void check(GgufHeader header) throws GgufException {
    String type = header.texts().getOrDefault("general.type", "model");
    require(
        !AdapterRules.isAdapter(header.texts()),
        "is an adapter of a model; name it under providers.local.lora");
    require(type.equals("model"), "is not a model by itself but a part of one (" + type + ")");
    if (header.splitIndex() > 0) {
      return; // a later part has tensors only
    }
    require(!header.architecture().isEmpty(), "names no architecture");
    require(
        !header.architecture().equals("clip"),
        "reads images for another model, and is none itself");
    require(
        !header.architecture().equals("wavtokenizer-dec"),
        "makes sound for another model, and is none itself");
    checkLayers(header);
    checkRotation(header);
    checkWindow(header);
    checkExperts(header);
    String tokenizer = header.texts().getOrDefault("tokenizer.ggml.model", "");
    require(header.tokenCount() > 0, "has no vocabulary");
    require(!NO_TEXT.contains(tokenizer), "has no tokenizer, so it cannot read text");
    String scaling =
        header.texts().getOrDefault(header.architecture() + ".rope.scaling.type", "linear");
    require(
        ROPE_SCALINGS.contains(scaling), "scales positions in an unknown way (" + scaling + ")");
  }

  private static void checkLayers(GgufHeader header) throws GgufException {
    within(header, "block_count", 1, MAX_LAYERS, -1);
    within(header, "embedding_length", 1, MAX_WIDTH, -1);
    within(header, "context_length", 1, Integer.MAX_VALUE, -1);
    within(header, "nextn_predict_layers", 0, header.ofArchitecture("block_count", 0), 0);
    long width = header.ofArchitecture("embedding_length", 0);
    within(header, "attention.head_count", 0, width, 0);
    within(header, "attention.head_count_kv", 0, width, 0);
  }

  /** What {@code ggml_rope} asserts: pairs of values, and no more than a head has. */
  private static void checkRotation(GgufHeader header) throws GgufException {
    long heads = header.ofArchitecture("attention.head_count", 0);
    long width = heads < 1 ? MAX_WIDTH : header.ofArchitecture("embedding_length", 0) / heads;
    for (String which : List.of("", "_swa")) {
      String key = "rope.dimension_count" + which;
      long head = header.ofArchitecture("attention.key_length", width);
      long most = which.isEmpty() ? head : header.ofArchitecture("attention.key_length_swa", head);
      within(header, key, 0, Math.clamp(most, 0, MAX_WIDTH), 0);
      require(
          header.ofArchitecture(key, 0) % 2 == 0,
          "is damaged: " + header.architecture() + "." + key + " is odd");
    }
  }

  /** What {@code llama_model::create_memory} asserts: some layer has the window. */
  private static void checkWindow(GgufHeader header) throws GgufException {
    String key = "attention.sliding_window_pattern";
    require(
        header.ofArchitecture(key, 0) != 1,
        "is damaged: by "
            + (header.architecture() + "." + key)
            + " no layer has the sliding window");
  }

  /**
   * What is added to or multiplied with activations is not converted by ggml, which ends the
   * process instead ({@code binary_op}, ggml-cpu/binary-ops.cpp); nor are whole numbers taken for
   * weights.
   */
  static void checkFormats(Collection<GgufTensor> tensors) throws GgufException {
    for (GgufTensor tensor : tensors) {
      String name = tensor.name();
      boolean isWeight = name.endsWith(".weight") || name.endsWith(".bias");
      boolean isWhole = tensor.type() >= WHOLE_FROM && tensor.type() <= WHOLE_TO;
      boolean isRow =
          tensor.shape().size() == 1
              || name.endsWith("norm.weight")
              || name.endsWith(".bias")
              || name.equals("token_types.weight");
      require(
          !isWeight
              || (isRow
                  ? tensor.type() == TensorTypes.F32 || isMap(name)
                  : !isWhole || isMap(name)),
          "has tensor '" + name + "' in a format that it cannot be computed in");
    }
  }

  /** Whether it tells experts of tokens, by numbers. */
  private static boolean isMap(String name) {
    return name.contains("tid2eid");
  }

  private static void checkExperts(GgufHeader header) throws GgufException {
    within(header, "expert_count", 0, MAX_EXPERTS, 0);
    long experts = header.ofArchitecture("expert_count", 0);
    if (!header.lists().contains(header.architecture() + ".expert_used_count")) {
      within(header, "expert_used_count", Math.min(1, experts), experts, 0);
    }
    long groups = header.ofArchitecture("expert_group_count", 0);
    within(header, "expert_group_count", 0, Math.max(0, experts - 1), 0);
    if (groups > 1) {
      require(experts % groups == 0, "has experts that cannot be grouped evenly");
      within(header, "expert_group_used_count", 1, groups - 1, 0);
    }
  }

  private static void within(GgufHeader header, String key, long min, long max, long fallback)
      throws GgufException {
    long value = header.ofArchitecture(key, fallback);
    require(
        value >= min && value <= max,
        "is damaged: "
            + (header.architecture() + "." + key)
            + (value == -1
                ? " is missing"
                : " is " + value + " and must be " + min + " to " + max));
  }

  private static void require(boolean holds, String message) throws GgufException {
    if (!holds) {
      throw new GgufException(message);
    }
  }
}

package llm.gpu.gguf;

import java.util.Map;
import java.util.Set;

/**
 * What an adapter must be like so that llama.cpp loads and computes it, or declines, but does not
 * end the process: what {@code llama_adapter_lora_init} asserts or leaves to {@code ggml_mul_mat}
 * to assert (llama-adapter.cpp and llama-graph.cpp, v0.5.0).
 */
final class AdapterRules {
  static final String TYPE = "general.type";
  static final String KIND = "adapter.type";
  static final String ALPHA = "adapter.lora.alpha";
  static final String INVOCATION = "adapter.alora.invocation_tokens";

  private static final String A = ".lora_a";
  private static final String B = ".lora_b";
  private static final String NORM = "_norm.weight"; // passed over by llama.cpp
  private static final String EMBEDDING = "token_embd.weight";
  private static final Set<Integer> TYPES = Set.of(0, 1, 8, 30); // F32, F16, Q8_0, BF16
  private static final int NVFP4 = 40;

  private AdapterRules() {}

  /** Whether a header with these texts is that of a model's part for {@code lora}. */
  static boolean isAdapter(Map<String, String> texts) {
    return "adapter".equals(texts.get(TYPE));
  }

  /**
   * Throws for the first rule that the adapter breaks by itself.
   *
   * @param keys all there are
   * @param decimals those that are 32-bit ones
   */
  static void check(
      Map<String, String> texts,
      Set<String> keys,
      Map<String, Float> decimals,
      Map<String, GgufTensor> tensors)
      throws GgufException {
    require(isAdapter(texts), "is no adapter");
    require("lora".equals(texts.get(KIND)), "is an adapter, but none of the kind LoRA");
    require(texts.containsKey("general.architecture"), "names no architecture");
    boolean alpha =
        !keys.contains(ALPHA) || Float.isFinite(decimals.getOrDefault(ALPHA, Float.NaN));
    require(alpha, "is damaged: " + ALPHA + " is no decimal number");
    require(
        !keys.contains(INVOCATION),
        "is an adapter that certain tokens invoke (aLoRA), which is not supported");
    int pairs = 0;
    for (GgufTensor tensor : tensors.values()) {
      pairs += checkTensor(tensor, tensors) ? 1 : 0;
    }
    require(pairs > 0, "holds no weights of a LoRA adapter");
  }

  /** Whether it is the first one of a pair. */
  private static boolean checkTensor(GgufTensor tensor, Map<String, GgufTensor> tensors)
      throws GgufException {
    String name = tensor.name();
    if (name.endsWith(NORM)) {
      return false;
    }
    boolean first = name.endsWith(A);
    require(
        (first || name.endsWith(B)) && name.indexOf(".lora_") == name.length() - A.length(),
        "is damaged: tensor '" + name + "' is none of a LoRA adapter");
    String base = base(name);
    require(
        tensors.containsKey(base + (first ? B : A)),
        "is damaged: tensor '" + name + "' has no counterpart");
    require(
        TYPES.contains(tensor.type()),
        "has tensor '" + name + "' in a format other than F32, F16, BF16 and Q8_0");
    return first;
  }

  private static String base(String name) {
    return name.substring(0, name.length() - A.length());
  }

  /** Throws for the first thing by which it is one for another model. */
  static void requireFits(GgufAdapter adapter, GgufHeader model, Map<String, GgufTensor> weights)
      throws GgufException {
    require(
        adapter.architecture().equals(model.architecture()),
        "is for models of the architecture '"
            + adapter.architecture()
            + "', and this one is of '"
            + model.architecture()
            + "'");
    for (GgufTensor a : adapter.tensors().values()) {
      if (a.name().endsWith(A)) {
        String base = base(a.name());
        GgufTensor weight = weights.get(base);
        require(weight != null, "is for another model: this one has no tensor '" + base + "'");
        requireFits(weight, a, adapter.tensors().get(base + B), weights);
      }
    }
  }

  private static void requireFits(
      GgufTensor weight, GgufTensor a, GgufTensor b, Map<String, GgufTensor> weights)
      throws GgufException {
    boolean fits;
    if (weight.name().endsWith(EMBEDDING)) {
      require(
          weights.containsKey("output.weight"),
          "changes the embedding of a model that has no other output");
      fits =
          weight.extent(0) == b.extent(1)
              && weight.extent(1) == a.extent(1)
              && a.extent(0) == b.extent(0);
    } else {
      fits =
          weight.extent(0) == a.extent(0)
              && weight.extent(1) == b.extent(1)
              && a.extent(1) == b.extent(0);
    }
    for (int i = 2; i < 4; i++) {
      fits &= a.extent(i) == weight.extent(i) && b.extent(i) == weight.extent(i);
    }
    require(fits, "is for another model: tensor '" + weight.name() + "' has another shape here");
    require(
        weight.type() != NVFP4,
        "changes tensor '" + weight.name() + "', whose format NVFP4 takes no adapters");
  }

  private static void require(boolean holds, String message) throws GgufException {
    if (!holds) {
      throw new GgufException(message);
    }
  }
}

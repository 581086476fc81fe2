package llm.gpu.memory;

import java.util.Set;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.gguf.Weights;
import llm.gpu.memory.ModelNeed.Parts;

/**
 * Says from a file's header alone what a load takes. What llama.cpp itself keeps beside its buffers
 * (the vocabulary, the graph) is not counted: a few megabytes.
 */
public final class NeedEstimate {
  /** {@code -1}: every layer is computed by the graphics processor. */
  public static final int ALL_LAYERS = -1;

  /**
   * Types that the CPU backend rearranges: Q4_0, Q2_K, Q4_K, IQ4_NL. Weights that are asked for in
   * both orders, for the tokens' vectors and for the output, are there twice then.
   */
  private static final Set<Integer> REARRANGED = Set.of(2, 10, 12, 20);

  private final GgufHeader header;
  private final int layers;
  private final int firstOnDevice; // layers + 1 where none is, their output included

  private NeedEstimate(GgufHeader header, int gpuLayers) {
    this.header = header;
    long all = header.ofArchitecture("block_count", 0);
    this.layers = (int) (all - header.ofArchitecture("nextn_predict_layers", 0));
    this.firstOnDevice =
        gpuLayers == ALL_LAYERS ? 0 : Math.max(0, layers + 1 - Math.min(gpuLayers, layers + 1));
  }

  /**
   * What {@code header}'s model takes.
   *
   * @param gpuLayers how many layers, from the last one, are computed by a graphics processor; 0
   *     for none, {@link #ALL_LAYERS} for all
   */
  public static ModelNeed of(GgufHeader header, ContextShape shape, int gpuLayers) {
    var estimate = new NeedEstimate(header, gpuLayers);
    return header.isEncoder() ? estimate.encoder(shape) : estimate.generating(shape);
  }

  private ModelNeed generating(ContextShape shape) {
    var cache = new CacheNeed(header, layers);
    long hostCache = 0;
    long deviceCache = 0;
    for (int layer = 0; layer < layers; layer++) {
      long bytes = cache.ofLayer(layer, shape);
      hostCache += isOnDevice(layer) ? 0 : bytes;
      deviceCache += isOnDevice(layer) ? bytes : 0;
    }
    var compute = new ComputeNeed(header, layers);
    long handed = compute.outputs(shape);
    long inputs = isOffloaded() ? compute.masks(shape) : compute.buffer(shape);
    long onDevice = isOffloaded() ? compute.buffer(shape) : 0;
    return new ModelNeed(
        new Parts(hostWeights(), hostCache, inputs + handed),
        new Parts(deviceWeights(), deviceCache, onDevice),
        shape.poolTokens());
  }

  private ModelNeed encoder(ContextShape shape) {
    long compute = new ComputeNeed(header, layers).ofVectors(shape.batchTokens());
    return new ModelNeed(
        new Parts(hostWeights(), 0, isOffloaded() ? 0 : compute),
        new Parts(deviceWeights(), 0, isOffloaded() ? compute : 0),
        0);
  }

  private boolean isOffloaded() {
    return firstOnDevice <= layers;
  }

  private boolean isOnDevice(int layer) {
    return layer >= firstOnDevice;
  }

  private long hostWeights() {
    Weights weights = header.weights();
    long bytes = used() - deviceLayers();
    if (isOffloaded()) {
      return bytes - outside();
    }
    boolean twice = weights.isTied() && REARRANGED.contains(weights.embeddingType());
    return bytes + (twice ? weights.embedding() : 0);
  }

  private long deviceWeights() {
    if (!isOffloaded()) {
      return 0;
    }
    Weights weights = header.weights();
    return deviceLayers() + outside() + (weights.isTied() ? weights.embedding() : 0);
  }

  private long deviceLayers() {
    long bytes = 0;
    for (int layer = firstOnDevice; layer < layers; layer++) {
      bytes += header.weights().layer(layer);
    }
    return bytes;
  }

  /** What belongs to no layer and goes where the output is: all but the tokens' vectors. */
  private long outside() {
    long inLayers = 0;
    for (int layer = 0; layer < layers; layer++) {
      inLayers += header.weights().layer(layer);
    }
    return used() - inLayers - header.weights().embedding();
  }

  /** All that is loaded: layers that predict more tokens ahead are left out. */
  private long used() {
    long bytes = header.weights().total();
    for (long layer = layers; layer < header.ofArchitecture("block_count", 0); layer++) {
      bytes -= header.weights().layer((int) layer);
    }
    return bytes;
  }
}

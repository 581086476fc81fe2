package llm.train.net;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import llm.train.net.Tensor.Kind;

/**
 * All weights of a network, or as many numbers beside them, such as their gradients. Not
 * thread-safe.
 */
public final class Parameters {
  private static final List<Kind> OF_LAYER =
      List.of(
          Kind.ATTENTION_NORM,
          Kind.QUERY,
          Kind.KEY,
          Kind.VALUE,
          Kind.ATTENTION_OUTPUT,
          Kind.FEED_NORM,
          Kind.GATE,
          Kind.UP,
          Kind.DOWN);
  private static final double EMBEDDING_DEVIATION = 0.05;

  private final NetShape shape;
  private final List<Tensor> tensors;

  private Parameters(NetShape shape) {
    this.shape = shape;
    List<Tensor> all = new ArrayList<>();
    all.add(new Tensor(Kind.EMBEDDING, 0, shape.vocabulary(), shape.width()));
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (Kind kind : OF_LAYER) {
        all.add(ofLayer(kind, layer));
      }
    }
    all.add(new Tensor(Kind.OUTPUT_NORM, 0, 1, shape.width()));
    tensors = List.copyOf(all);
  }

  private Tensor ofLayer(Kind kind, int layer) {
    int width = shape.width();
    int inner = shape.inner();
    return switch (kind) {
      case ATTENTION_NORM, FEED_NORM -> new Tensor(kind, layer, 1, width);
      case QUERY, KEY, VALUE, ATTENTION_OUTPUT -> new Tensor(kind, layer, width, width);
      case GATE, UP -> new Tensor(kind, layer, inner, width);
      case DOWN -> new Tensor(kind, layer, width, inner);
      case EMBEDDING, OUTPUT_NORM -> throw new IllegalArgumentException(kind + " is of no layer");
    };
  }

  /** All zero. */
  public static Parameters zero(NetShape shape) {
    return new Parameters(shape);
  }

  /** Weights to begin with; what a layer adds is smaller the more layers there are. */
  public static Parameters random(NetShape shape, RandomGenerator random) {
    var parameters = new Parameters(shape);
    for (Tensor tensor : parameters.tensors) {
      double deviation = 1 / StrictMath.sqrt(tensor.columns());
      double added = deviation / StrictMath.sqrt(2.0 * shape.layers());
      tensor.fill(
          random,
          switch (tensor.kind()) {
            case EMBEDDING -> EMBEDDING_DEVIATION;
            case ATTENTION_OUTPUT, DOWN -> added;
            default -> deviation;
          });
    }
    return parameters;
  }

  /** How large the network is. */
  public NetShape shape() {
    return shape;
  }

  /** All tensors in a fixed order. */
  public List<Tensor> tensors() {
    return tensors;
  }

  /** The tensor of a kind; {@code layer} is 0 for those of no layer. */
  public Tensor of(Kind kind, int layer) {
    return switch (kind) {
      case EMBEDDING -> tensors.getFirst();
      case OUTPUT_NORM -> tensors.getLast();
      default -> tensors.get(1 + layer * OF_LAYER.size() + OF_LAYER.indexOf(kind));
    };
  }

  /** How many numbers there are. */
  public long count() {
    return tensors.stream().mapToLong(tensor -> tensor.values().length).sum();
  }
}

package llm.bench;

import java.util.Map;
import llm.bench.local.CLoop;
import llm.bench.local.GeneratedModel;
import llm.bench.local.Prompts;

/**
 * Whether the native code gives the same bits for a token alone and in a batch with others, by the
 * C loop: what may be expected of texts that were made together with others.
 */
final class LocalShape {
  private static final int SEQUENCES = 8;
  private static final int PROMPT = 100;

  /** Logits are told in millionths: the table has three digits behind the point. */
  private static final double MILLIONTHS = 1e6;

  private final LocalSetup setup;

  LocalShape(LocalSetup setup) {
    this.setup = setup;
  }

  void measure() {
    double largest = 0;
    for (GeneratedModel model : GeneratedModel.values()) {
      boolean slow = setup.quick() && model == GeneratedModel.LARGE;
      boolean alike = model == GeneratedModel.MEDIUM_F32 || model == GeneratedModel.VAST;
      if (slow || alike) {
        continue; // As the medium one, and the wide one.
      }
      Commands.progress("shapes of batches: " + model.label());
      try (CLoop loop = setup.cLoop(model, SEQUENCES, true)) {
        CLoop.Shape shape = loop.shape(new Prompts(1).of(PROMPT));
        largest = Math.max(largest, shape.largest());
        at(model, "2..8 at once", shape.largest(), shape);
        at(model, "alone twice", shape.repeated(), shape);
        at(model, "prompt in batches of 64", shape.chunked(), shape);
        at(model, "half of it elsewhere in the pool", shape.moved(), shape);
      }
    }
    setup
        .report()
        .plain(
            "local.batch_shape_logit_diff",
            largest * MILLIONTHS,
            "1e-6",
            largest == 0
                ? "the same bits in batches of 2..8"
                : "not the same bits in batches of 2..8: a greedy text may differ at a tie");
  }

  private void at(GeneratedModel model, String what, double difference, CLoop.Shape shape) {
    setup
        .report()
        .at(
            "local.batch_shape_logit_diff",
            difference * MILLIONTHS,
            "1e-6",
            Map.of("model", model.label(), "of", what),
            "of a logit; the largest is " + Report.number(shape.largestLogit()));
  }
}

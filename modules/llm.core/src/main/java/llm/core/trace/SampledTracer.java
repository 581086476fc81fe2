package llm.core.trace;

import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import llm.domain.call.Span;
import llm.domain.call.TraceContext;

/** Records those traces that the sampler picks. Thread-safe. */
final class SampledTracer implements Tracer {
  private static final HexFormat HEX = HexFormat.of();
  private static final int LOWER_HALF = 16;

  private final boolean honoursParent;
  private final boolean all;
  private final long bound;
  private final RandomGenerator random;
  private final RecordedTrace.Means means;

  /**
   * A tracer.
   *
   * @param random where ids come from; thread-safe
   */
  SampledTracer(Sampler sampler, double ratio, RandomGenerator random, RecordedTrace.Means means) {
    this.honoursParent = sampler.honoursParent();
    Long below = sampler.bound(ratio);
    this.all = below == null;
    this.bound = all ? 0 : below;
    this.random = random;
    this.means = means;
  }

  @Override
  public Span begin(String name, Span.Kind kind, Optional<TraceContext> parent) {
    return parent.isPresent() ? goOn(name, kind, parent.get()) : begin(name, kind);
  }

  private Span begin(String name, Span.Kind kind) {
    long lower = random.nextLong();
    if (!isPicked(lower)) {
      return new Unsampled(random, lower);
    }
    String traceId = HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(nonZero(lower));
    return new RecordedTrace(means, traceId, "").begin(name, kind);
  }

  private Span goOn(String name, Span.Kind kind, TraceContext parent) {
    boolean picked =
        honoursParent
            ? parent.sampled()
            : isPicked(HexFormat.fromHexDigitsToLong(parent.traceId(), LOWER_HALF, 2 * LOWER_HALF));
    if (picked) {
      return new RecordedTrace(means, parent.traceId(), parent.state())
          .beginBelow(name, kind, parent.spanId());
    }
    // The caller's span stays the parent: there is none of ours that could be found.
    return Span.passing(
        Optional.of(new TraceContext(parent.traceId(), parent.spanId(), false, parent.state())));
  }

  private boolean isPicked(long lower) {
    return all || Long.compareUnsigned(lower, bound) < 0;
  }

  /** No id may be all zero. */
  static long nonZero(long id) {
    return id == 0 ? 1 : id;
  }

  /**
   * Of a trace that was not picked. Whom we ask is told so, that it need not decide again; the
   * context is made when it is asked for.
   */
  private static final class Unsampled implements Span {
    private final RandomGenerator random;
    private final long lower;
    private volatile Optional<TraceContext> context; // null until it was asked for

    Unsampled(RandomGenerator random, long lower) {
      this.random = random;
      this.lower = lower;
    }

    @Override
    public Optional<TraceContext> context() {
      Optional<TraceContext> known = context;
      return known != null ? known : made();
    }

    private synchronized Optional<TraceContext> made() {
      if (context == null) {
        context =
            Optional.of(
                new TraceContext(
                    HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(nonZero(lower)),
                    HEX.toHexDigits(nonZero(random.nextLong())),
                    false));
      }
      return context;
    }
  }
}

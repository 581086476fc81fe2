package llm.core.trace;

import java.util.HexFormat;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import llm.domain.call.Span;
import llm.domain.port.TimeSource;

/** What the recorded spans of one trace have in common. Thread-safe. */
final class RecordedTrace {
  private static final HexFormat HEX = HexFormat.of();
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final Means means;
  private final String id;
  private final String state;
  private final long epochOffsetNanos; // from the monotonic clock to Unix time, for all its spans

  /**
   * What all traces work with.
   *
   * @param random where ids come from; thread-safe
   * @param capturesContent whether what was said may be put in
   * @param open how many spans have begun and not ended
   * @param sink takes each span that has ended, as JSON; must not block
   */
  record Means(
      TimeSource time,
      RandomGenerator random,
      boolean capturesContent,
      LongAdder open,
      Consumer<byte[]> sink) {}

  RecordedTrace(Means means, String id, String state) {
    this.means = means;
    this.id = id;
    this.state = state;
    var now = means.time().now();
    this.epochOffsetNanos =
        now.getEpochSecond() * NANOS_PER_SECOND + now.getNano() - means.time().nanoTime();
  }

  String id() {
    return id;
  }

  String state() {
    return state;
  }

  boolean capturesContent() {
    return means.capturesContent();
  }

  /** Unix time in nanoseconds. */
  long now() {
    return means.time().nanoTime() + epochOffsetNanos;
  }

  /** A span without a parent. */
  Span begin(String name, Span.Kind kind) {
    return begin(name, kind, SpanParent.NONE, new Attributes());
  }

  /** A span whose parent somebody else records. */
  Span beginBelow(String name, Span.Kind kind, String parentId) {
    return begin(name, kind, new SpanParent(parentId, true), new Attributes());
  }

  /** A span below one of ours. */
  Span begin(String name, Span.Kind kind, SpanParent parent, Attributes first) {
    means.open().increment();
    String spanId = HEX.toHexDigits(SampledTracer.nonZero(means.random().nextLong()));
    return new RecordedSpan(this, spanId, parent, name, kind, first);
  }

  void ended(byte[] span) {
    means.open().decrement();
    means.sink().accept(span);
  }

  /**
   * Whose part a span is.
   *
   * @param id empty: nobody's
   * @param remote whether somebody else records it
   */
  record SpanParent(String id, boolean remote) {
    static final SpanParent NONE = new SpanParent("", false);
  }
}

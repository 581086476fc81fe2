package llm.core.trace;

/** Which traces are recorded, in the words of {@code OTEL_TRACES_SAMPLER}. */
public enum Sampler {
  ALWAYS_ON(false),
  ALWAYS_OFF(false),
  TRACEIDRATIO(false),
  PARENTBASED_ALWAYS_ON(true),
  PARENTBASED_ALWAYS_OFF(true),
  PARENTBASED_TRACEIDRATIO(true);

  private static final double TWO_TO_64 = 0x1p64;

  private final boolean honoursParent;

  Sampler(boolean honoursParent) {
    this.honoursParent = honoursParent;
  }

  /** Whether a caller that decided is followed. */
  boolean honoursParent() {
    return honoursParent;
  }

  /**
   * Below which value the lower half of a trace's id, as an unsigned number, has it recorded: the
   * rule of OpenTelemetry's own libraries, so that those who share a ratio agree. Null: all are.
   */
  Long bound(double ratio) {
    double share =
        switch (this) {
          case ALWAYS_ON, PARENTBASED_ALWAYS_ON -> 1;
          case ALWAYS_OFF, PARENTBASED_ALWAYS_OFF -> 0;
          case TRACEIDRATIO, PARENTBASED_TRACEIDRATIO -> ratio;
        };
    if (share >= 1) {
      return null;
    }
    return (long) (share / 2 * TWO_TO_64) << 1;
  }
}

package llm.core.testkit;

import java.time.Duration;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.domain.call.CallId;
import llm.domain.call.Principal;

/**
 * Calls for tests: local principal, no trace. A cancellation hook that throws fails the test on the
 * thread that cancels.
 */
public final class Calls {
  /** What {@link #open(Alarms)} gives. */
  public static final Duration BUDGET = Duration.ofSeconds(60);

  private Calls() {}

  /** A call {@code call-1} with a budget of {@link #BUDGET} on a clock of its own that stands. */
  public static CallScope open() {
    return open(new ManualClock());
  }

  /** A call {@code call-1} with a budget of {@link #BUDGET}. */
  public static CallScope open(Alarms alarms) {
    return open(alarms, BUDGET);
  }

  /** A call {@code call-1}. */
  public static CallScope open(Alarms alarms, Duration budget) {
    return open("call-1", alarms, budget);
  }

  /** A call with an id of the test's choice. */
  public static CallScope open(String id, Alarms alarms, Duration budget) {
    return CallScope.open(
        new CallId(id),
        Principal.LOCAL,
        Optional.empty(),
        budget,
        alarms,
        failure -> {
          throw new AssertionError("a cancellation hook threw", failure);
        });
  }
}

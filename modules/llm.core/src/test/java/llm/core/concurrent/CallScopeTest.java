package llm.core.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Principal;
import llm.domain.call.TraceContext;
import org.junit.jupiter.api.Test;

/** The call contract: cancellation, deadlines, children. */
class CallScopeTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualClock clock = new ManualClock();
  private final List<String> trail = new ArrayList<>();

  @Test
  void carriesItsIdentityToItsChildren() {
    var trace = Optional.of(new TraceContext("a".repeat(32), "b".repeat(16), true));
    var call =
        CallScope.open(new CallId("c-1"), new Principal("key"), trace, SECOND, clock, _ -> {});
    var child = call.child(SECOND);
    assertThat(child.id()).isEqualTo(new CallId("c-1"));
    assertThat(child.principal()).isEqualTo(new Principal("key"));
    assertThat(child.trace()).isEqualTo(trace);
  }

  @Test
  void theFirstReasonWins() {
    var call = Calls.open(clock);
    assertThat(call.cancelled()).isEmpty();
    assertThat(call.cancel(CancelReason.USER)).isTrue();
    assertThat(call.cancel(CancelReason.SHUTDOWN)).isFalse();
    clock.advance(Calls.BUDGET);
    assertThat(call.cancelled()).contains(CancelReason.USER);
  }

  @Test
  void hooksRunOnceInTheirOrder() {
    var call = Calls.open(clock);
    call.onCancel(() -> trail.add("first"));
    call.onCancel(() -> trail.add("second"));
    call.cancel(CancelReason.USER);
    call.cancel(CancelReason.USER);
    call.end();
    assertThat(trail).containsExactly("first", "second");
    assertThat(call.hookCount()).isZero();
  }

  @Test
  void aHookRegisteredAfterTheCancellationRunsNow() {
    var call = Calls.open(clock);
    call.cancel(CancelReason.CLIENT_GONE);
    call.onCancel(() -> trail.add("late:" + call.cancelled().orElseThrow()));
    assertThat(trail).containsExactly("late:CLIENT_GONE");
  }

  @Test
  void aRemovedHookDoesNotRun() {
    var call = Calls.open(clock);
    var registration = call.onCancel(() -> trail.add("removed"));
    call.onCancel(() -> trail.add("kept"));
    registration.close();
    registration.close();
    call.cancel(CancelReason.USER);
    assertThat(trail).containsExactly("kept");
  }

  @Test
  void whatWaitsForTheEndRunsOnceAtItsOwnCallsEnd() {
    var call =
        CallScope.open(
            new CallId("c"),
            Principal.LOCAL,
            Optional.empty(),
            SECOND,
            clock,
            failure -> trail.add(failure.getMessage()));
    var child = call.child(SECOND);
    call.onEnd(() -> trail.add("parent"));
    call.onEnd(() -> {
      throw new IllegalStateException("told");
    });
    call.onEnd(() -> trail.add("parent too"));
    child.onEnd(() -> trail.add("child"));
    call.cancel(CancelReason.USER);
    assertThat(trail).as("a cancelled call has not ended").isEmpty();
    child.end();
    call.end();
    call.end();
    call.onEnd(() -> trail.add("late"));
    assertThat(trail).containsExactly("child", "parent", "told", "parent too", "late");
  }

  @Test
  void aFailureThatIsLoggedIsNotedOnceForACallAndItsChildren() {
    var call = Calls.open(clock);
    var other = Calls.open(clock);
    call.child(SECOND).failureLogged();
    assertThat(call.isFailureLogged()).isTrue();
    assertThat(call.child(SECOND).isFailureLogged()).isTrue();
    assertThat(other.isFailureLogged()).isFalse();
  }

  @Test
  void theSameActionMayBeRegisteredTwice() {
    var call = Calls.open(clock);
    Runnable action = () -> trail.add("x");
    call.onCancel(action).close();
    call.onCancel(action);
    call.onCancel(action);
    call.cancel(CancelReason.USER);
    assertThat(trail).containsExactly("x", "x");
  }

  @Test
  void aHookMayEndTheCallOrRegisterAnother() {
    var call = Calls.open(clock);
    call.onCancel(call::end);
    call.onCancel(() -> call.onCancel(() -> trail.add("never: the call has ended")));
    call.onCancel(() -> trail.add("still"));
    call.cancel(CancelReason.USER);
    assertThat(trail).containsExactly("still");
  }

  @Test
  void aHookThatThrowsIsToldAndTheOthersRun() {
    var failures = new ArrayList<Throwable>();
    var call =
        CallScope.open(
            new CallId("c"), Principal.LOCAL, Optional.empty(), SECOND, clock, failures::add);
    var failure = new IllegalStateException("hook");
    call.onCancel(() -> {
      throw failure;
    });
    call.onCancel(() -> trail.add("after"));
    assertThat(call.cancel(CancelReason.USER)).isTrue();
    assertThat(trail).containsExactly("after");
    assertThat(failures).containsExactly(failure);
  }

  @Test
  void theDeadlineCancels() {
    var call = Calls.open(clock, SECOND);
    call.onCancel(() -> trail.add("hook"));
    clock.advance(SECOND.minusNanos(1));
    assertThat(call.cancelled()).isEmpty();
    clock.advance(Duration.ofNanos(1));
    assertThat(call.cancelled()).contains(CancelReason.DEADLINE);
    assertThat(trail).containsExactly("hook");
  }

  @Test
  void endForgetsHooksAndDeadline() {
    var call = Calls.open(clock, SECOND);
    call.onCancel(() -> trail.add("hook"));
    call.end();
    call.close();
    assertThat(clock.alarmCount()).isZero();
    assertThat(call.hookCount()).isZero();
    clock.advance(SECOND);
    assertThat(call.cancelled()).isEmpty();
    assertThat(trail).isEmpty();
  }

  @Test
  void aCancellationAfterTheEndRunsNothingButIsSeenByWhoStillPolls() {
    var call = Calls.open(clock, SECOND);
    call.onCancel(() -> trail.add("hook"));
    call.end();
    assertThat(call.cancel(CancelReason.CLOSED)).isTrue();
    call.onCancel(() -> trail.add("after the end"));
    assertThat(call.cancelled()).contains(CancelReason.CLOSED);
    assertThat(trail).isEmpty();
  }

  @Test
  void aChildIsCancelledWithItsParentAndNeverTheOtherWay() {
    var parent = Calls.open(clock);
    var first = parent.child(SECOND);
    var second = parent.child(SECOND);
    var grandchild = second.child(SECOND);
    grandchild.onCancel(() -> trail.add("grandchild"));
    first.cancel(CancelReason.HEDGE_LOST);
    assertThat(parent.cancelled()).isEmpty();
    assertThat(second.cancelled()).isEmpty();
    parent.cancel(CancelReason.CLIENT_GONE);
    assertThat(first.cancelled()).contains(CancelReason.HEDGE_LOST);
    assertThat(second.cancelled()).contains(CancelReason.CLIENT_GONE);
    assertThat(grandchild.cancelled()).contains(CancelReason.CLIENT_GONE);
    assertThat(trail).containsExactly("grandchild");
  }

  @Test
  void aChildOfACancelledCallIsBornCancelled() {
    var parent = Calls.open(clock);
    parent.cancel(CancelReason.SHUTDOWN);
    assertThat(parent.child(SECOND).cancelled()).contains(CancelReason.SHUTDOWN);
  }

  @Test
  void aChildTakesTheEarlierDeadline() {
    var parent = Calls.open(clock, Duration.ofSeconds(10));
    assertThat(parent.child(SECOND).deadline().budget()).isEqualTo(SECOND);
    var greedy = parent.child(Duration.ofSeconds(60));
    assertThat(greedy.deadline()).isEqualTo(parent.deadline());
    var shorter = parent.child(SECOND);
    clock.advance(SECOND);
    assertThat(shorter.cancelled()).contains(CancelReason.DEADLINE);
    assertThat(parent.cancelled()).isEmpty();
    clock.advance(Duration.ofSeconds(9));
    assertThat(greedy.cancelled()).contains(CancelReason.DEADLINE);
  }

  @Test
  void endedChildrenLeaveNothingInTheirParent() {
    var parent = Calls.open(clock);
    for (int i = 0; i < 1_000; i++) {
      parent.child(SECOND).end();
    }
    assertThat(parent.hookCount()).isZero();
    assertThat(clock.alarmCount()).isEqualTo(1);
    parent.end();
    assertThat(clock.alarmCount()).isZero();
  }

  @Test
  void aBudgetMustBePositive() {
    assertThatIllegalArgumentException().isThrownBy(() -> Calls.open(clock, Duration.ZERO));
    var call = Calls.open(clock);
    assertThatIllegalArgumentException().isThrownBy(() -> call.child(SECOND.negated()));
    assertThat(call.hookCount()).isZero();
  }

  @Test
  void racingCancellersAgreeOnOneReasonAndEachHookRunsOnce() throws Exception {
    long seed = 42;
    var random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      var call = Calls.open(clock);
      var ran = new AtomicInteger();
      var winners = new AtomicInteger();
      var go = new CountDownLatch(1);
      var threads = new ArrayList<Thread>();
      for (CancelReason reason : CancelReason.values()) {
        boolean registers = random.nextBoolean();
        threads.add(
            Thread.startVirtualThread(() -> {
              awaitLatch(go);
              if (registers) {
                call.onCancel(ran::incrementAndGet);
              }
              if (call.cancel(reason)) {
                winners.incrementAndGet();
              }
              if (!registers) {
                call.onCancel(ran::incrementAndGet);
              }
            }));
      }
      go.countDown();
      for (Thread thread : threads) {
        assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
      }
      assertThat(winners).as("seed %d round %d", seed, round).hasValue(1);
      assertThat(ran).as("seed %d round %d", seed, round).hasValue(CancelReason.values().length);
      call.end();
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }
}

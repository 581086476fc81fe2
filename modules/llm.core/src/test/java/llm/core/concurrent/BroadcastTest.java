package llm.core.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BroadcastTest {
  /** Another one by -Dllm.test.seed=…. */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);

  private static final Broadcast.Ends<String> ENDS =
      new Broadcast.Ends<>() {
        @Override
        public String cancelled(CancelReason reason) {
          return "cancelled " + reason;
        }

        @Override
        public String tooSlow() {
          return "too slow";
        }
      };

  private final ManualClock clock = new ManualClock();
  private final ConcurrentLinkedQueue<CancelReason> abandoned = new ConcurrentLinkedQueue<>();

  @Test
  void eachReadsAllFromTheBeginningWheneverItCame() throws Exception {
    var said = broadcast(100, Duration.ZERO);
    var early = join(said, Calls.open(clock));
    assertThat(early.hasReady()).isFalse();
    assertThat(said.put("a")).isTrue();
    assertThat(early.hasReady()).isTrue();
    assertThat(early.next()).isEqualTo("a");
    var middle = join(said, Calls.open(clock));
    assertThat(said.put("b")).isTrue();
    assertThat(said.end("end")).isTrue();
    assertThat(said.end("another")).isFalse();
    assertThat(said.put("late")).isFalse();
    assertThat(rest(early, "end")).containsExactly("b", "end");
    assertThat(rest(middle, "end")).containsExactly("a", "b", "end");
    assertThat(rest(join(said, Calls.open(clock)), "end")).containsExactly("a", "b", "end");
    assertThatIllegalStateException().isThrownBy(early::next);
    assertThat(said.readers()).isZero();
    assertThat(abandoned).isEmpty();
  }

  @Test
  void whatIsNarrowedTakesNobodyMoreAndHoldsLess() throws Exception {
    var said = broadcast(100, Duration.ofSeconds(1));
    var fast = join(said, Calls.open(clock));
    var slow = join(said, Calls.open(clock));
    said.put("a");
    said.put("b");
    said.narrow(2);
    assertThat(said.join(Calls.open(clock), ENDS)).isEmpty();
    assertThat(fast.next()).isEqualTo("a");
    assertThat(fast.next()).isEqualTo("b");
    var waiting = reading(fast); // who has read all does not wait for the other
    assertThat(said.put("c")).isTrue();
    said.end("end");
    assertThat(waiting.get()).containsExactly("c", "end");
    assertThat(slow.next()).isEqualTo("too slow");
    assertThat(abandoned).isEmpty();
  }

  @Test
  void aReadersCallEndsItsOwnWaitAlone() throws Exception {
    var said = broadcast(100, Duration.ZERO);
    var call = Calls.open(clock);
    var leaving = reading(join(said, call));
    var staying = reading(join(said, Calls.open(clock)));
    call.cancel(CancelReason.USER);
    assertThat(leaving.get()).containsExactly("cancelled USER");
    assertThat(said.readers()).isEqualTo(1);
    said.put("a");
    said.end("end");
    assertThat(staying.get()).containsExactly("a", "end");
    assertThat(abandoned).isEmpty();
  }

  @Test
  void closingEndsAWaitAndTheLastToLeaveEndsTheProducerOnce() throws Exception {
    var said = broadcast(100, Duration.ZERO);
    var call = Calls.open(clock);
    var first = join(said, call);
    var second = join(said, Calls.open(clock));
    var waiting = reading(second);
    second.close();
    second.close();
    assertThat(waiting.get()).containsExactly("cancelled CLOSED");
    assertThat(abandoned).isEmpty();
    call.cancel(CancelReason.CLIENT_GONE);
    assertThat(first.next()).isEqualTo("cancelled CLIENT_GONE");
    first.close();
    assertThat(abandoned).containsExactly(CancelReason.CLIENT_GONE);
    assertThat(said.put("x")).isFalse();
    assertThat(said.end("end")).isFalse();
    assertThat(said.join(Calls.open(clock), ENDS)).isEmpty();
  }

  @Test
  void theProducerGoesOnForAGraceInWhichSomebodyMayCome() throws Exception {
    var said = broadcast(100, Duration.ofSeconds(5));
    join(said, Calls.open(clock)).close();
    clock.advance(Duration.ofSeconds(4));
    assertThat(said.put("a")).isTrue();
    var next = join(said, Calls.open(clock));
    clock.advance(Duration.ofSeconds(4));
    assertThat(next.next()).isEqualTo("a");
    next.close();
    clock.advance(Duration.ofSeconds(4));
    assertThat(abandoned).isEmpty();
    clock.advance(Duration.ofSeconds(1));
    assertThat(abandoned).containsExactly(CancelReason.CLOSED);
    assertThat(said.put("b")).isFalse();
  }

  @Test
  void whatIsNoLongerHeldCannotBeJoinedAndWithoutReadersItIsOver() throws Exception {
    var said = broadcast(3, Duration.ofSeconds(5));
    var reader = join(said, Calls.open(clock));
    said.put("aa");
    assertThat(reader.next()).isEqualTo("aa");
    assertThat(said.put("bb")).isTrue();
    assertThat(said.join(Calls.open(clock), ENDS)).isEmpty();
    assertThat(reader.next()).isEqualTo("bb");
    assertThat(said.put("longer than all")).isTrue();
    assertThat(reader.next()).isEqualTo("longer than all");
    reader.close();
    assertThat(abandoned).containsExactly(CancelReason.CLOSED);
  }

  @Test
  void aGraceEndsWhenTheLimitIsReached() {
    var said = broadcast(3, Duration.ofSeconds(5));
    join(said, Calls.open(clock)).close();
    assertThat(said.put("aa")).isTrue();
    assertThat(said.put("bb")).isFalse();
    assertThat(abandoned).containsExactly(CancelReason.CLOSED);
  }

  @Test
  void theProducerWaitsForTheFastestReaderAndTheSlowestIsCutOff() throws Exception {
    var said = broadcast(3, Duration.ZERO);
    var fast = join(said, Calls.open(clock));
    var slow = join(said, Calls.open(clock));
    said.put("aa");
    var producer = started(() -> List.of(said.put("bb"), said.put("cc"), said.end("end")));
    assertThat(fast.next()).isEqualTo("aa");
    assertThat(rest(fast, "end")).containsExactly("bb", "cc", "end");
    assertThat(producer.get()).containsExactly(true, true, true);
    assertThat(slow.hasReady()).isTrue();
    assertThat(slow.next()).isEqualTo("too slow");
    assertThat(abandoned).isEmpty();
  }

  @Test
  void aProducerThatWaitsIsReleasedWhenTheReaderLeaves() throws Exception {
    var said = broadcast(3, Duration.ZERO);
    var reader = join(said, Calls.open(clock));
    said.put("aa");
    var producer = started(() -> said.put("bb"));
    reader.close();
    assertThat(producer.get()).isFalse();
    assertThat(abandoned).containsExactly(CancelReason.CLOSED);
  }

  @Test
  void aReaderWhoWaitsSleepsOnUntilTheLastOfWhatComesTogether() throws Exception {
    var said = broadcast(100, Duration.ZERO);
    var reader = join(said, Calls.open(clock));
    var read = new FutureTask<>(() -> List.of(reader.next(), reader.next()));
    var thread = Thread.ofPlatform().start(read);
    awaitWaiting(thread);
    said.put("a", true);
    assertThat(reader.hasReady()).isTrue();
    for (int i = 0; i < 1000; i++) {
      assertThat(thread.getState()).isEqualTo(Thread.State.WAITING);
      Thread.yield();
    }
    said.put("b", false);
    assertThat(read.get()).containsExactly("a", "b");
  }

  @Test
  void aReaderWhoSleepsOnIsWokenWhenThereIsNoRoomForWhatComes() throws Exception {
    var said = broadcast(3, Duration.ZERO);
    var reader = join(said, Calls.open(clock));
    FutureTask<List<String>> read = reading(reader);
    for (int i = 0; i < 1000; i++) {
      assertThat(said.put("more", true)).isTrue();
    }
    said.end("end");
    assertThat(read.get()).hasSize(1001).endsWith("end");
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait(); // the test's time limit ends it
    }
  }

  @Test
  void aLimitBelowOneIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> broadcast(0, Duration.ZERO))
        .withMessage("limit 0 must be 1 or more");
  }

  @Test
  void manyReadersWhoComeAndGoReadTheSame() throws Exception {
    var random = new SplittableRandom(SEED);
    for (int round = 0; round < 40; round++) {
      boolean isTight = round % 4 == 3;
      var said = broadcast(isTight ? 40 : 1_000_000, Duration.ZERO);
      int events = random.nextInt(1, 200);
      var all = IntStream.range(0, events).mapToObj(Integer::toString).toList();
      var gate = new Semaphore(0);
      var firm = reading(join(said, Calls.open(clock)));
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var read = new ArrayList<CompletableFuture<List<String>>>();
        for (int i = 0; i < 20; i++) {
          long seed = random.nextLong();
          gate.release();
          read.add(
              CompletableFuture.supplyAsync(
                  () -> visit(said, gate, new SplittableRandom(seed)), threads));
        }
        all.forEach(said::put);
        said.end("end");
        var whole = new ArrayList<>(all);
        whole.add("end");
        List<String> first = firm.get();
        if (!isTight || !first.getLast().equals("too slow")) {
          assertThat(first).as("seed %s", SEED).isEqualTo(whole);
        }
        for (var visit : read) {
          List<String> got = visit.get();
          int told = got.isEmpty() || all.contains(got.getLast()) ? got.size() : got.size() - 1;
          assertThat(got.subList(0, told)).as("seed %s", SEED).isEqualTo(all.subList(0, told));
          if (!got.isEmpty() && got.getLast().equals("end")) {
            assertThat(told).isEqualTo(events);
          }
        }
      }
      assertThat(abandoned).hasSizeLessThanOrEqualTo(isTight ? 1 : 0);
      abandoned.clear();
      assertThat(said.readers()).isZero();
    }
  }

  /** Reads all, or leaves after some events by its call or by closing. */
  private List<String> visit(Broadcast<String> said, Semaphore gate, SplittableRandom random) {
    gate.acquireUninterruptibly();
    var call = Calls.open(clock);
    var joined = said.join(call, ENDS);
    var got = new ArrayList<String>();
    if (joined.isEmpty()) {
      return got;
    }
    int stay = random.nextInt(3) == 0 ? random.nextInt(100) : Integer.MAX_VALUE;
    try (var reader = joined.get()) {
      while (got.size() < stay) {
        String event = reader.next();
        got.add(event);
        if (event.equals("end") || event.equals("too slow")) {
          return got;
        }
        if (random.nextInt(8) == 0) {
          Thread.yield();
        }
      }
      if (random.nextBoolean()) {
        call.cancel(CancelReason.USER);
        got.add(reader.next());
      }
      return got;
    } catch (LlmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private Broadcast<String> broadcast(long limit, Duration grace) {
    return new Broadcast<>(limit, String::length, grace, clock, abandoned::add);
  }

  private static EventStream<String> join(Broadcast<String> said, CallScope call) {
    return said.join(call, ENDS).orElseThrow();
  }

  private static FutureTask<List<String>> reading(EventStream<String> reader) {
    return started(() -> rest(reader, "end"));
  }

  private static <T> FutureTask<T> started(Callable<T> work) {
    var task = new FutureTask<>(work);
    Thread.startVirtualThread(task);
    return task;
  }

  private static List<String> rest(EventStream<String> reader, String last) throws Exception {
    var got = new ArrayList<String>();
    do {
      got.add(reader.next());
    } while (!List.of(last, "too slow").contains(got.getLast())
        && !got.getLast().startsWith("cancelled"));
    return got;
  }
}

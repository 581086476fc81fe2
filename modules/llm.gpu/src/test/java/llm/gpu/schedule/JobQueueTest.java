package llm.gpu.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.EventRing;
import llm.core.testkit.ManualClock;
import llm.domain.call.CallId;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@DisplayName("P-1: who waits for a model, and whose turn it is")
class JobQueueTest {
  private final ManualClock clock = new ManualClock();
  private final JobQueue queue = new JobQueue(8, 2);

  @Test
  void oneAfterTheOtherInTheOrderTheyCame() throws Exception {
    add("anna", Priority.INTERACTIVE, "anna", Priority.INTERACTIVE);

    assertThat(order()).containsExactly("1 anna", "2 anna");
  }

  @Test
  void interactiveOnesGoFirstHoweverLateTheyCome() throws Exception {
    add("anna", Priority.BACKGROUND, "anna", Priority.BACKGROUND, "anna", Priority.INTERACTIVE);

    assertThat(order()).containsExactly("3 anna", "1 anna", "2 anna");
  }

  @Test
  void whoeverHasTheFewestInWorkGoesNext() throws Exception {
    add("anna", Priority.INTERACTIVE, "anna", Priority.INTERACTIVE, "anna", Priority.INTERACTIVE);
    add("bert", Priority.INTERACTIVE, "carl", Priority.INTERACTIVE, "bert", Priority.INTERACTIVE);

    assertThat(order()).containsExactly("1 anna", "4 bert", "5 carl", "2 anna", "6 bert", "3 anna");
  }

  @Test
  void priorityComesBeforeFairness() throws Exception {
    add("anna", Priority.INTERACTIVE, "anna", Priority.INTERACTIVE, "bert", Priority.BACKGROUND);

    assertThat(order()).containsExactly("1 anna", "2 anna", "3 bert");
  }

  @Test
  void oneThatIsNotEligibleIsPassedOver() throws Exception {
    add("anna", Priority.INTERACTIVE, "bert", Priority.BACKGROUND);

    assertThat(queue.next(job -> job.priority() == Priority.BACKGROUND, _ -> 0))
        .hasValueSatisfying(job -> assertThat(name(job)).isEqualTo("2 bert"));
    assertThat(queue.next(_ -> false, _ -> 0)).isEmpty();
    assertThat(queue.size()).as("looking takes nothing").isEqualTo(2);
  }

  @Test
  void aFullOneRefusesAndTellsWhenToComeAgain() throws Exception {
    for (int i = 0; i < 8; i++) {
      queue.add(job("anna", Priority.INTERACTIVE));
    }

    // a second each, two at once, half of the eight and this one before it
    assertFull(Duration.ofSeconds(3));
    for (int i = 0; i < 50; i++) {
      queue.served(Duration.ofSeconds(20).toNanos());
    }
    assertFull(Duration.ofSeconds(45));
    for (int i = 0; i < 50; i++) {
      queue.served(Duration.ofHours(2).toNanos());
    }
    assertFull(Duration.ofSeconds(600));
    for (int i = 0; i < 100; i++) {
      queue.served(1);
    }
    assertFull(Duration.ofSeconds(1));
    assertThat(queue.size()).isEqualTo(8);
  }

  @Test
  void onceSomebodyLeavesThereIsAPlace() throws Exception {
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      jobs.add(job("anna", Priority.INTERACTIVE));
      queue.add(jobs.getLast());
    }
    assertThat(queue.take(jobs.get(3))).isTrue();
    queue.add(job("bert", Priority.INTERACTIVE));

    assertThat(queue.take(jobs.get(3))).as("a second time").isFalse();
    assertThat(queue.size()).isEqualTo(8);
  }

  @Test
  void aClosedOneGivesBackWhoWaitsAndRefusesWhoComes() throws Exception {
    add("anna", Priority.BACKGROUND, "bert", Priority.INTERACTIVE);

    assertThat(queue.close()).extracting(this::name).containsExactly("1 anna", "2 bert");
    assertThat(queue.size()).isZero();
    assertThat(queue.close()).isEmpty();
    assertThatThrownBy(() -> queue.add(job("anna", Priority.INTERACTIVE)))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused -> assertThat(refused.error()).isInstanceOf(LlmError.ShuttingDown.class));
  }

  @Test
  void closesOnlyWhileNobodyWaits() throws Exception {
    Job job = job("anna", Priority.INTERACTIVE);
    queue.add(job);
    assertThat(queue.closeIfEmpty()).isFalse();
    queue.take(job);

    assertThat(queue.closeIfEmpty()).isTrue();
    assertThatThrownBy(() -> queue.add(job)).isInstanceOf(LlmException.class);
  }

  @Test
  void manyThreadsTakeEachJobOnce() throws Exception {
    int count = 500;
    int takers = 8;
    var shared = new JobQueue(count, 1);
    for (int i = 0; i < count; i++) {
      shared.add(job("anna", i % 3 == 0 ? Priority.BACKGROUND : Priority.INTERACTIVE));
    }
    var start = new CountDownLatch(1);
    List<Job> taken = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Job>>> futures = new ArrayList<>();
      for (int i = 0; i < takers; i++) {
        futures.add(
            threads.submit(() -> {
              start.await();
              return takeAll(shared);
            }));
      }
      start.countDown();
      for (Future<List<Job>> future : futures) {
        taken.addAll(future.get());
      }
    }

    Set<Job> once = new HashSet<>(taken);
    assertThat(taken).hasSize(count);
    assertThat(once).hasSize(count);
  }

  private static List<Job> takeAll(JobQueue queue) {
    List<Job> mine = new ArrayList<>();
    Optional<Job> next = queue.next(_ -> true, _ -> 0);
    while (next.isPresent()) {
      if (queue.take(next.get())) {
        mine.add(next.get());
      }
      next = queue.next(_ -> true, _ -> 0);
    }
    return mine;
  }

  private int number;

  private void add(Object... namesAndPriorities) throws LlmException {
    for (int i = 0; i < namesAndPriorities.length; i += 2) {
      queue.add(job((String) namesAndPriorities[i], (Priority) namesAndPriorities[i + 1]));
    }
  }

  private Job job(String principal, Priority priority) {
    var call =
        CallScope.open(
            new CallId("call-" + ++number),
            new Principal(principal),
            Optional.empty(),
            Duration.ofSeconds(60),
            clock,
            AssertionError::new);
    var request =
        ChatRequest.of(new ModelName("m"), List.of(Message.user("hi"))).withPriority(priority);
    return new Job(
        request, call, new EventRing(1, call, clock), clock.nanoTime(), Optional.empty());
  }

  private String name(Job job) {
    String id = job.call().id().value();
    return id.substring(id.indexOf('-') + 1) + " " + job.call().principal().name();
  }

  /** Takes all, nothing ending meanwhile: the order of the turns. */
  private List<String> order() {
    List<String> order = new ArrayList<>();
    Map<Principal, Integer> inWork = new HashMap<>();
    Optional<Job> next = queue.next(_ -> true, one -> inWork.getOrDefault(one, 0));
    while (next.isPresent()) {
      assertThat(queue.take(next.get())).isTrue();
      inWork.merge(next.get().call().principal(), 1, Integer::sum);
      order.add(name(next.get()));
      next = queue.next(_ -> true, one -> inWork.getOrDefault(one, 0));
    }
    return order;
  }

  private void assertFull(Duration retryAfter) {
    assertThatThrownBy(() -> queue.add(job("anna", Priority.INTERACTIVE)))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(refused.error())
                    .isEqualTo(new LlmError.QueueFull("local", 8, retryAfter)));
  }
}

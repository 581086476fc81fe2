package llm.gpu.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import llm.domain.chat.Priority;
import llm.gpu.adapter.AdapterSet;
import llm.gpu.schedule.StepPlanner.Part;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: what one step computes")
class StepPlannerTest {
  private static final int BATCH = 64; // as much as a chunk while nothing is known of the machine
  private final StepPlanner planner = planner(BATCH);

  private static StepPlanner planner(int batch) {
    return new StepPlanner(batch, new ChunkSize(Duration.ofMillis(100), batch));
  }

  /** Work of which some is left; an answer streams once its prompt is read. */
  private static final class Task implements StepPlanner.Work {
    private final Priority priority;
    private final AdapterSet adapters;
    private final boolean streams;
    private int remaining;

    private Task(Priority priority, boolean streams, int remaining) {
      this(priority, AdapterSet.NONE, streams, remaining);
    }

    private Task(Priority priority, AdapterSet adapters, boolean streams, int remaining) {
      this.priority = priority;
      this.adapters = adapters;
      this.streams = streams;
      this.remaining = remaining;
    }

    static Task stream() {
      return new Task(Priority.INTERACTIVE, true, 1);
    }

    static Task prompt(int tokens) {
      return new Task(Priority.INTERACTIVE, false, tokens);
    }

    static Task backgroundStream() {
      return new Task(Priority.BACKGROUND, true, 1);
    }

    static Task backgroundPrompt(int tokens) {
      return new Task(Priority.BACKGROUND, false, tokens);
    }

    @Override
    public Priority priority() {
      return priority;
    }

    Task with(String adapter) {
      AdapterSet set = AdapterSet.parse(adapter + "=1").orElseThrow();
      return new Task(priority, set, streams, remaining);
    }

    @Override
    public AdapterSet adapters() {
      return adapters;
    }

    @Override
    public int remaining() {
      return remaining;
    }

    @Override
    public boolean streams() {
      return streams;
    }

    @Override
    public String toString() {
      return priority + (streams ? " stream" : " prompt of " + remaining);
    }
  }

  private Map<Task, Integer> plan(Task... tasks) {
    return byTask(planner.plan(List.of(tasks)));
  }

  private static Map<Task, Integer> byTask(List<Part<Task>> parts) {
    Map<Task, Integer> tokens = new HashMap<>();
    for (Part<Task> part : parts) {
      assertThat(tokens.put(part.work(), part.tokens())).as("in one part only").isNull();
    }
    return tokens;
  }

  private static int sum(Map<Task, Integer> tokens) {
    return tokens.values().stream().mapToInt(Integer::intValue).sum();
  }

  @Test
  void isEmptyWithoutWork() {
    assertThat(planner.plan(List.<Task>of())).isEmpty();
  }

  @Test
  void everyStreamGetsItsTokenBesideALongPrompt() {
    var one = Task.stream();
    var other = Task.stream();
    var prompt = Task.prompt(1000);

    assertThat(plan(prompt, one, other)).isEqualTo(Map.of(one, 1, other, 1, prompt, BATCH - 2));
  }

  @Test
  void promptsShareEqually() {
    var one = Task.prompt(1000);
    var other = Task.prompt(1000);

    assertThat(plan(one, other)).isEqualTo(Map.of(one, BATCH / 2, other, BATCH / 2));
  }

  @Test
  void whatAShortPromptLeavesGoesToTheOthers() {
    var longer = Task.prompt(1000);
    var shorter = Task.prompt(10);
    var middle = Task.prompt(25);

    assertThat(plan(longer, shorter, middle))
        .isEqualTo(Map.of(shorter, 10, middle, 25, longer, BATCH - 35));
  }

  @Test
  void nothingIsLostToRounding() {
    assertThat(sum(plan(Task.prompt(99), Task.prompt(99), Task.prompt(99)))).isEqualTo(BATCH);
  }

  @Test
  void aPromptWaitsWhereStreamsFillTheBatch() {
    var small = planner(2);
    var one = Task.stream();
    var other = Task.stream();

    assertThat(byTask(small.plan(List.of(Task.prompt(5), one, other))))
        .isEqualTo(Map.of(one, 1, other, 1));
  }

  @Test
  void backgroundWorkIsPartOfEverySixteenthStepBesideInteractiveWork() {
    var stream = Task.stream();
    var background = Task.backgroundStream();
    var reading = Task.backgroundPrompt(1000);
    List<Integer> with = new ArrayList<>();
    for (int step = 1; step <= 48; step++) {
      Map<Task, Integer> planned = plan(background, reading, stream);
      assertThat(planned).as("step %d", step).containsEntry(stream, 1);
      if (planned.size() > 1) {
        assertThat(planned).containsEntry(background, 1).containsKey(reading);
        with.add(step);
      }
    }

    assertThat(with).containsExactly(16, 32, 48);
  }

  @Test
  void backgroundWorkAloneIsPartOfEveryStepAndYieldsInTheNext() {
    var background = Task.backgroundPrompt(1000);
    var stream = Task.stream();
    for (int step = 0; step < 40; step++) {
      assertThat(plan(background)).containsOnlyKeys(background);
    }

    assertThat(plan(background, stream)).isEqualTo(Map.of(stream, 1));
  }

  @Test
  void whateverComesEverybodyGetsOnAndTheBatchIsNeverExceeded() {
    for (long seed = 1; seed <= 200; seed++) {
      new Run(seed).all();
    }
  }

  /** Random work, run to its end. */
  private static final class Run {
    private final long seed;
    private final SplittableRandom random;
    private final int slots;
    private final int batch;
    private final StepPlanner planner;
    private final List<Task> tasks = new ArrayList<>();
    private final Map<Task, Integer> waited = new HashMap<>();

    private Run(long seed) {
      this.seed = seed;
      this.random = new SplittableRandom(seed);
      this.slots = 1 + random.nextInt(12);
      this.batch = slots + random.nextInt(100);
      this.planner = planner(batch);
    }

    private void all() {
      int left = 30;
      for (int step = 0; left > 0 || !tasks.isEmpty(); step++) {
        assertThat(step).as("steps, seed %d", seed).isLessThan(20_000);
        while (left > 0 && tasks.size() < slots && random.nextInt(3) > 0) {
          tasks.add(any());
          left--;
        }
        step(byTask(planner.plan(List.copyOf(tasks))));
      }
    }

    private Task any() {
      var priority = random.nextInt(3) == 0 ? Priority.BACKGROUND : Priority.INTERACTIVE;
      boolean streams = random.nextBoolean();
      return new Task(priority, streams, 1 + random.nextInt(streams ? 40 : 400));
    }

    private void step(Map<Task, Integer> planned) {
      assertThat(sum(planned)).as("tokens, seed %d", seed).isBetween(0, batch);
      assertThat(planned.isEmpty()).as("seed %d", seed).isEqualTo(tasks.isEmpty());
      for (Task task : List.copyOf(tasks)) {
        int tokens = planned.getOrDefault(task, 0);
        assertThat(tokens).as("%s, seed %d", task, seed).isLessThanOrEqualTo(task.remaining);
        if (tokens == 0) {
          requireReasonToWait(task);
          continue;
        }
        assertThat(!task.streams || tokens == 1).as("%s, seed %d", task, seed).isTrue();
        waited.remove(task);
        task.remaining -= tokens;
        if (task.remaining == 0) {
          tasks.remove(task);
        }
      }
    }

    private void requireReasonToWait(Task task) {
      assertThat(task.priority).as("left out, seed %d", seed).isEqualTo(Priority.BACKGROUND);
      assertThat(waited.merge(task, 1, Integer::sum))
          .as("steps left out, seed %d", seed)
          .isLessThan(StepPlanner.BACKGROUND_EVERY);
    }
  }

  @Test
  void setsOfAdaptersTakeTurnsAndNoStepHasTwo() {
    StepPlanner planner = planner(64);
    List<Task> works =
        List.of(
            Task.stream(),
            Task.stream().with("poet"),
            Task.stream().with("poet"),
            Task.prompt(1000).with("cook"));
    Map<AdapterSet, Integer> steps = new HashMap<>();
    for (int step = 0; step < 60; step++) {
      var parts = planner.plan(works);
      var sets = parts.stream().map(part -> part.work().adapters()).distinct().toList();
      assertThat(sets).hasSize(1);
      assertThat(parts)
          .hasSize((int) works.stream().filter(one -> one.adapters().equals(sets.get(0))).count());
      steps.merge(sets.getFirst(), 1, Integer::sum);
    }
    assertThat(steps.values()).containsExactly(20, 20, 20);
  }

  @Test
  void aSetThatComesAnewEachTimeKeepsNoOtherFromItsTurn() {
    StepPlanner planner = planner(64);
    Task waits = Task.stream().with("poet");
    int turns = 0;
    for (int step = 0; step < 100; step++) {
      List<Task> works = List.of(waits, Task.stream().with("new" + step), Task.stream());
      turns += planner.plan(works).getFirst().work() == waits ? 1 : 0;
    }
    assertThat(turns).isGreaterThan(30);
  }

  @Test
  void backgroundWorkWithAnotherSetOfAdaptersStarvesNotEither() {
    StepPlanner planner = planner(64);
    Task background = Task.backgroundStream().with("cook");
    List<Task> works = List.of(Task.stream(), Task.stream().with("poet"), background);
    int turns = 0;
    for (int step = 0; step < 10 * StepPlanner.BACKGROUND_EVERY; step++) {
      turns += planner.plan(works).getFirst().work() == background ? 1 : 0;
    }
    assertThat(turns).isEqualTo(10);
  }

  @Test
  void backgroundWorkOfSetsThatAnswersStreamWithTooStarvesNot() {
    StepPlanner planner = planner(64);
    Task ofPoet = Task.backgroundStream().with("poet");
    Task ofCook = Task.backgroundPrompt(1_000_000).with("cook");
    List<Task> works =
        List.of(Task.stream().with("poet"), Task.stream().with("cook"), ofPoet, ofCook);
    Map<Task, Integer> steps = new HashMap<>();
    for (int step = 0; step < 10 * StepPlanner.BACKGROUND_EVERY; step++) {
      planner.plan(works).forEach(part -> steps.merge(part.work(), 1, Integer::sum));
    }
    assertThat(steps).containsEntry(ofPoet, 5).containsEntry(ofCook, 5);
    assertThat(steps.get(works.getFirst())).as("steps of one interactive answer").isBetween(70, 90);
  }

  @Test
  void backgroundWorkOfOneOfTwoSetsThatAnswersStreamWithStarvesNot() {
    for (String adapter : List.of("poet", "cook")) {
      StepPlanner planner = planner(64);
      Task background = Task.backgroundStream().with(adapter);
      List<Task> works =
          List.of(Task.stream().with("poet"), Task.stream().with("cook"), background);
      int steps = 0;
      for (int step = 0; step < 10 * StepPlanner.BACKGROUND_EVERY; step++) {
        steps += byTask(planner.plan(works)).containsKey(background) ? 1 : 0;
      }
      assertThat(steps).as("steps of background work with %s", adapter).isEqualTo(10);
    }
  }
}

package llm.gpu.draft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import llm.domain.chat.Priority;
import llm.gpu.draft.Speculation.Mode;
import llm.gpu.prefix.TestSequences;
import llm.gpu.prefix.TokenSequence;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Steps of answers that repeat themselves; what they cost is what the test says. */
@DisplayName("P-1: tokens are drafted where that brings answers sooner")
class DraftPlannerTest {
  private static final int ROOM = 40;
  private static final IntToLongFunction ALL_THE_SAME = _ -> 1000;
  private static final IntToLongFunction EACH_AS_MUCH = tokens -> 1000L * tokens;

  private final StepCosts costs = new StepCosts(ROOM);

  /** An answer that says 1, 2, 3 again and again, or what cannot be guessed. */
  private static final class Speaker implements DraftPlanner.Answer {
    private final TokenSequence sequence = TestSequences.of(1, 2, 3, 1, 2, 3);
    private final Drafting drafting =
        new Drafting(new Speculation(Mode.AUTO, 16), new Confidence());
    private final Priority priority;
    private boolean repeats = true;
    private boolean streams = true;
    private int more = 1000;

    Speaker(Priority priority) {
      this.priority = priority;
    }

    static Speaker interactive() {
      return new Speaker(Priority.INTERACTIVE);
    }

    /** Says all that the step brings it; the tokens of its draft that were right. */
    int speak() {
      int right = 0;
      while (drafting.confirms(next())) {
        sequence.append(next());
        right++;
      }
      sequence.append(next());
      return right;
    }

    /** Behind 1 2 3 stands now a token that was never there. */
    private int next() {
      int last = sequence.token(sequence.count() - 1);
      int next = last > 3 ? 1 : last % 3 + 1;
      return repeats || next != 1 || last > 3 ? next : 1000 + sequence.count();
    }

    @Override
    public boolean streams() {
      return streams;
    }

    @Override
    public Priority priority() {
      return priority;
    }

    @Override
    public TokenSequence sequence() {
      return sequence;
    }

    @Override
    public Drafting drafting() {
      return drafting;
    }

    @Override
    public int moreTokens() {
      return more;
    }

    @Override
    public int tokensSoFar() {
      return sequence.count();
    }
  }

  private DraftPlanner planner(Mode mode) {
    return new DraftPlanner(new Speculation(mode, 16), costs, ROOM, Optional.empty());
  }

  /** Steps whose time goes by their tokens; the drafted tokens of each. */
  private List<Integer> steps(
      DraftPlanner planner, int count, IntToLongFunction nanos, Speaker... speakers) {
    List<Integer> drafted = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      planner.plan(List.of(speakers));
      int tokens = Arrays.stream(speakers).mapToInt(one -> one.drafting().count()).sum();
      costs.took(speakers.length + tokens, tokens, nanos.applyAsLong(speakers.length + tokens));
      Arrays.stream(speakers).forEach(Speaker::speak);
      drafted.add(tokens);
    }
    return drafted;
  }

  private static int sum(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).sum();
  }

  @Test
  void whereMoreTokensCostNothingDraftsAreTheMostOnceAllSizesWereTried() {
    List<Integer> drafted = steps(planner(Mode.AUTO), 40, ALL_THE_SAME, Speaker.interactive());

    assertThat(drafted.getFirst()).as("a step of one token is not known").isZero();
    assertThat(drafted.subList(1, 13))
        .as("each size three times")
        .containsExactly(1, 1, 1, 3, 3, 3, 7, 7, 7, 15, 15, 15);
    assertThat(drafted.subList(20, 40)).containsOnly(16);
  }

  @Test
  void whereEachTokenCostsAsMuchNothingIsDraftedButNowAndThen() {
    List<Integer> drafted = steps(planner(Mode.AUTO), 2000, EACH_AS_MUCH, Speaker.interactive());

    assertThat(sum(drafted.subList(0, 300))).isPositive().isLessThan(120);
    assertThat(sum(drafted.subList(1000, 2000))).isPositive().isLessThanOrEqualTo(50);
  }

  @Test
  void whenStepsBecomeCheapDraftsComeBack() {
    DraftPlanner planner = planner(Mode.AUTO);
    Speaker speaker = Speaker.interactive();
    steps(planner, 400, EACH_AS_MUCH, speaker);

    List<Integer> drafted = steps(planner, 4000, ALL_THE_SAME, speaker);
    assertThat(sum(drafted.subList(3950, 4000))).isGreaterThan(50 * 4);
  }

  @Test
  void whenStepsBecomeDearDraftsStop() {
    DraftPlanner planner = planner(Mode.AUTO);
    Speaker speaker = Speaker.interactive();
    steps(planner, 100, ALL_THE_SAME, speaker);

    List<Integer> drafted = steps(planner, 800, EACH_AS_MUCH, speaker);
    assertThat(sum(drafted.subList(300, 800))).isLessThan(60);
  }

  @Test
  void wrongGuessesEndDraftsAndRightOnesBringThemBack() {
    DraftPlanner planner = planner(Mode.AUTO);
    Speaker speaker = Speaker.interactive();
    IntToLongFunction half = tokens -> 1000 + 500L * (tokens - 1);
    speaker.repeats = false;
    List<Integer> wrong = steps(planner, 600, half, speaker);
    speaker.repeats = true;
    List<Integer> right = steps(planner, 600, half, speaker);

    assertThat(sum(wrong.subList(300, 600))).isLessThanOrEqualTo(10);
    assertThat(sum(right.subList(500, 600))).isGreaterThan(100);
  }

  @Test
  void theStepHasAsManyDraftsAsBringTheMostTokensASecond() {
    // eight tokens take less time than five, and beyond them a step costs far more
    IntToLongFunction tiles = tokens -> tokens <= 1 ? 1000 : tokens == 8 ? 3000 : 1200L * tokens;
    List<Integer> drafted = steps(planner(Mode.AUTO), 400, tiles, Speaker.interactive());

    assertThat(drafted.subList(50, 400)).filteredOn(tokens -> tokens == 7).hasSizeGreaterThan(310);
  }

  @Test
  void anAnswerThatDraftsNothingIsNotHeldUpByOneThatDoes() {
    Speaker quick = Speaker.interactive();
    Speaker plain = Speaker.interactive();
    plain.more = 0;
    // for both together, drafts would pay
    IntToLongFunction third = tokens -> 1000 + 100L * (tokens - 2);
    List<Integer> drafted = steps(planner(Mode.AUTO), 300, third, quick, plain);

    assertThat(drafted.subList(50, 300)).allMatch(tokens -> tokens <= 2);
    plain.more = 1000;
    assertThat(steps(planner(Mode.AUTO), 300, third, quick, plain).subList(200, 300))
        .as("both draft")
        .anyMatch(tokens -> tokens > 8);
  }

  @Test
  void anAnswerBeginsWithWhatIsKnownOfOthers() {
    var planner = planner(Mode.AUTO);
    TokenSequence text = TestSequences.of(1, 2, 3, 1, 2, 3);
    for (int answer = 0; answer < 100; answer++) {
      Drafting wrong = planner.begin(new int[0], new int[0], false);
      wrong.seek(text, 4);
      wrong.plan(4);
      assertThat(wrong.confirms(9)).isFalse();
    }
    Drafting next = planner.begin(new int[0], new int[0], false);
    next.seek(text, 4);
    assertThat(next.likelihood(0)).isLessThan(0.1);
  }

  @Test
  void anAnswerOfANamedSeedIsDraftedOnlyWhereThatIsAlwaysWanted() {
    TokenSequence text = TestSequences.of(1, 2, 3, 1, 2, 3);
    for (Mode mode : List.of(Mode.AUTO, Mode.ALWAYS)) {
      Drafting seeded = planner(mode).begin(new int[0], new int[0], true);
      seeded.seek(text, 4);
      assertThat(seeded.found() > 0).as("%s", mode).isEqualTo(mode == Mode.ALWAYS);
    }
  }

  @Test
  void otherWorkThatSlowsDownAllStepsChangesNothing() {
    DraftPlanner planner = planner(Mode.AUTO);
    Speaker speaker = Speaker.interactive();
    var slowness = new AtomicLong(1);
    IntToLongFunction half = tokens -> slowness.get() * (1000 + 100L * (tokens - 1));
    for (int i = 0; i < 100; i++) {
      slowness.set(1 + 4 * (i / 10 % 2));
      steps(planner, 10, half, speaker);
    }
    assertThat(sum(steps(planner, 100, half, speaker))).isGreaterThan(100 * 12);
  }

  @Test
  void theBackgroundDraftsNothingBesideAnswersThatSomebodyWaitsFor() {
    Speaker interactive = Speaker.interactive();
    Speaker background = new Speaker(Priority.BACKGROUND);
    DraftPlanner planner = planner(Mode.ALWAYS);

    assertThat(planner.plan(List.of(background, interactive))).isTrue();
    assertThat(background.drafting().count()).isZero();
    assertThat(interactive.drafting().count()).isPositive();
    assertThat(planner.plan(List.of(background))).isTrue();
    assertThat(background.drafting().count()).isEqualTo(16);
  }

  @Test
  void aStepThatReadsAPromptHasNoDrafts() {
    Speaker reading = Speaker.interactive();
    reading.streams = false;
    Speaker streaming = Speaker.interactive();

    assertThat(planner(Mode.ALWAYS).plan(List.of(streaming, reading))).isFalse();
    assertThat(streaming.drafting().count()).isZero();
  }

  @Test
  void whereItIsOffNothingIsDrafted() {
    assertThat(planner(Mode.OFF).plan(List.of(Speaker.interactive()))).isFalse();
  }

  @Test
  void draftsOfSeveralAnswersShareTheRoom() {
    Speaker[] speakers =
        IntStream.range(0, 5).mapToObj(_ -> Speaker.interactive()).toArray(Speaker[]::new);
    speakers[4].more = 1;
    planner(Mode.ALWAYS).plan(List.of(speakers));

    assertThat(speakers).extracting(one -> one.drafting().count()).containsExactly(3, 3, 3, 3, 1);
  }

  @Test
  void aStepHasNoMoreOutputsThanThereIsRoomFor() {
    Speaker[] speakers =
        IntStream.range(0, ROOM - 2).mapToObj(_ -> Speaker.interactive()).toArray(Speaker[]::new);
    planner(Mode.ALWAYS).plan(List.of(speakers));

    assertThat(Arrays.stream(speakers).mapToInt(one -> one.drafting().count()).sum())
        .isLessThanOrEqualTo(2);
  }

  @Test
  void anAnswerDraftsNoMoreTokensThanItMayHave() {
    Speaker speaker = Speaker.interactive();
    speaker.more = 5;
    planner(Mode.ALWAYS).plan(List.of(speaker));

    assertThat(speaker.drafting().count()).isEqualTo(5);
  }

  @Test
  void whereTheMemoryHadNoRoomDraftsPause() {
    Speaker speaker = Speaker.interactive();
    DraftPlanner planner = planner(Mode.ALWAYS);
    planner.crowded();
    List<Integer> drafted = steps(planner, 100, ALL_THE_SAME, speaker);

    assertThat(drafted.subList(0, 60)).containsOnly(0);
    assertThat(drafted.subList(70, 100)).doesNotContain(0);
  }

  @Test
  void whatTheMemoryHadNoRoomForWasNoPredictionThatWasWrong() {
    DraftPlanner planner = planner(Mode.ALWAYS);
    Speaker speaker = Speaker.interactive();
    speaker.drafting.predict(new int[] {1, 2, 3}, new int[] {1, 2, 3, 1, 2, 3, 7, 8, 9});
    planner.plan(List.of(speaker));
    assertThat(speaker.drafting.predictedWrong()).as("drafted").isPositive();

    planner.crowded();
    planner.plan(List.of(speaker));
    assertThat(speaker.drafting.count()).isZero();
    assertThat(speaker.drafting.predictedWrong()).isZero();
  }
}

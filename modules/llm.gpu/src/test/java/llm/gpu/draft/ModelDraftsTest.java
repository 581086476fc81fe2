package llm.gpu.draft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import llm.domain.chat.Priority;
import llm.gpu.draft.Speculation.Mode;
import llm.gpu.prefix.TestSequences;
import llm.gpu.prefix.TokenSequence;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Answers in which no token comes twice, so that nothing but a draft model can guess; how often it
 * is right, how sure it is, and what it and the steps cost is what the test says.
 */
@DisplayName("P-1: a draft model is asked where that brings answers sooner")
class ModelDraftsTest {
  private static final int ROOM = 40;
  private static final int TOKENS = 160; // of an answer
  private static final double STEP = 1e6; // nanoseconds
  private static final int READS = 256; // tokens at once
  private static final IntToDoubleFunction CHEAP = tokens -> 1 + (tokens - 1) * 0.1;

  private final SplittableRandom random = new SplittableRandom(20_261_123);
  private final StepCosts costs = new StepCosts(ROOM);
  private final Model model = new Model();
  private final DraftPlanner planner =
      new DraftPlanner(new Speculation(Mode.AUTO, 16), costs, ROOM, Optional.of(model));
  private int nextToken;

  /** Sure of some of its guesses, and right as often as it is set to. */
  private final class Model implements Drafter {
    private final Map<Integer, Double> right = new HashMap<>(); // by token
    private final Map<Drafting, Integer> read = new HashMap<>();
    private final List<Integer> asked = new ArrayList<>(); // guesses of each wish
    private double sure = 1; // share of guesses that it is sure of
    private double rightWhereSure = 0.9;
    private double round = 0.1; // steps
    private double ofToken = 0.01; // read
    private double time;

    @Override
    public int unread(Drafting drafting, TokenSequence sequence) {
      return sequence.count() - read.getOrDefault(drafting, 0);
    }

    @Override
    public Took draft(List<Wish> wishes) {
      int rounds = 0;
      int longRead = 0;
      for (Wish wish : wishes) {
        int behind = unread(wish.drafting(), wish.sequence());
        int now = Math.min(behind, READS);
        longRead += now > 4 ? now : 0;
        read.merge(wish.drafting(), now, Integer::sum);
        if (now == behind) {
          rounds = Math.max(rounds, guess(wish));
        }
      }
      double reading = longRead * ofToken;
      time += rounds * round + reading;
      return new Took(rounds, (long) (round * STEP), longRead, (long) (reading * STEP));
    }

    private int guess(Wish wish) {
      wish.drafting().ask();
      int proposed = 0;
      boolean more = true;
      while (more && proposed < wish.most()) {
        boolean isSure = random.nextDouble() < sure;
        int token = ++nextToken;
        right.put(token, isSure ? rightWhereSure : 0.2);
        double least = proposed == 0 ? wish.first() : wish.least();
        more = wish.drafting().propose(token, isSure ? 0.95 : 0.2, least);
        proposed += more ? 1 : 0;
      }
      asked.add(proposed);
      return Math.min(wish.most(), proposed + 1);
    }

    @Override
    public void leave(Drafting drafting) {
      read.remove(drafting);
    }
  }

  private record Speaker(TokenSequence sequence, Drafting drafting, int prompt)
      implements DraftPlanner.Answer {
    @Override
    public boolean streams() {
      return true;
    }

    @Override
    public Priority priority() {
      return Priority.INTERACTIVE;
    }

    @Override
    public int moreTokens() {
      return Math.max(0, prompt + TOKENS - sequence.count() - 1);
    }

    @Override
    public int tokensSoFar() {
      return sequence.count() - prompt;
    }
  }

  private Speaker speaker(int prompt) {
    int[] tokens = new int[prompt];
    for (int i = 0; i < prompt; i++) {
      tokens[i] = ++nextToken;
    }
    return new Speaker(
        TestSequences.of(tokens), planner.begin(new int[0], new int[0], false), prompt);
  }

  /** The time of a token, in plain steps of as many answers. */
  private double answers(int times, int together, int prompt, IntToDoubleFunction cost) {
    double time = 0;
    model.time = 0;
    int said = 0;
    for (int i = 0; i < times; i++) {
      List<Speaker> speakers = new ArrayList<>();
      for (int j = 0; j < together; j++) {
        speakers.add(speaker(prompt));
      }
      while (!speakers.isEmpty()) {
        time += step(speakers, cost) / cost.applyAsDouble(speakers.size()) * speakers.size();
        List<Speaker> done = speakers.stream().filter(one -> one.tokensSoFar() >= TOKENS).toList();
        done.forEach(one -> one.drafting.close());
        said += done.stream().mapToInt(Speaker::tokensSoFar).sum();
        speakers.removeAll(done);
      }
    }
    return (time + model.time) / said;
  }

  private double step(List<Speaker> speakers, IntToDoubleFunction cost) {
    planner.plan(speakers);
    int drafted = speakers.stream().mapToInt(one -> one.drafting.count()).sum();
    int tokens = speakers.size() + drafted;
    double took = cost.applyAsDouble(tokens);
    costs.took(tokens, drafted, (long) (STEP * took));
    speakers.forEach(this::speak);
    return took;
  }

  private void speak(Speaker speaker) {
    boolean more = true;
    while (more) {
      int token = next(speaker.drafting);
      more = speaker.drafting.confirms(token);
      speaker.sequence.append(token);
    }
    model.read.computeIfPresent(
        speaker.drafting, (_, read) -> Math.min(read, speaker.sequence.count() - 1));
  }

  private int next(Drafting drafting) {
    if (drafting.confirmed() < drafting.count()) {
      int guess = drafting.token(drafting.confirmed());
      if (random.nextDouble() < model.right.get(guess)) {
        return guess;
      }
    }
    return ++nextToken;
  }

  @Test
  void aGoodAndQuickOneMakesAnswersTwiceAsQuick() {
    assertThat(answers(30, 1, 8, CHEAP)).isLessThan(0.5);
    assertThat(model.asked.stream().mapToInt(Integer::intValue).max().orElse(0)).isGreaterThan(4);
  }

  @Test
  void severalAnswersAtOnceAreQuickerToo() {
    assertThat(answers(20, 3, 8, tokens -> 1 + (tokens - 1) * 0.03)).isLessThan(0.75);
  }

  @Test
  void oneThatIsNeverRightCostsNextToNothing() {
    model.rightWhereSure = 0;
    assertThat(answers(8, 1, 8, CHEAP)).as("the first answers").isLessThan(1.02);
    assertThat(answers(50, 1, 8, CHEAP)).as("those behind them").isLessThan(1.01);
  }

  @Test
  void oneThatIsAsSlowAsTheModelCostsNextToNothing() {
    model.round = 1;
    assertThat(answers(8, 1, 8, CHEAP)).as("the first answers").isLessThan(1.02);
    assertThat(answers(50, 1, 8, CHEAP)).as("those behind them").isLessThan(1.01);
  }

  @Test
  void oneThatIsRarelySureSavesWhereItIsAndCostsNextToNothingElse() {
    model.sure = 0.3;
    assertThat(answers(50, 1, 8, CHEAP)).isLessThan(1.01);
  }

  @Test
  void aLongPromptIsReadOnlyWhereTheAnswerIsLongEnough() {
    answers(10, 1, 8, CHEAP);
    assertThat(answers(20, 1, 400, CHEAP)).as("four steps to read").isLessThan(0.55);
    assertThat(answers(20, 1, 20_000, CHEAP)).as("200 steps to read").isLessThan(1.02);
  }

  @Test
  void aPromptThatWasBegunIsReadToItsEndThoughThatEmptiesThePurse() {
    answers(10, 1, 8, CHEAP);
    assertThat(answers(20, 1, 2400, CHEAP)).as("24 steps to read").isLessThan(0.9);
  }

  @Test
  void aPromptIsNotReadWhereOtherAnswersWaitForLongerThanItSaves() {
    IntToDoubleFunction flat = tokens -> 1 + (tokens - 1) * 0.03;
    answers(10, 4, 8, flat);
    assertThat(answers(10, 4, 4000, flat)).as("forty steps to read each").isLessThan(1.05);
  }

  @Test
  void anAnswerThatPausesIsNotFollowed() {
    Speaker speaker = speaker(8);
    model.read.put(speaker.drafting, 8);
    speaker.drafting.pause();
    assertThat(model.read).isEmpty();
  }

  @Test
  void whenItBecomesGoodItIsAskedAgain() {
    model.rightWhereSure = 0;
    answers(50, 1, 8, CHEAP);
    model.rightWhereSure = 0.9;
    answers(40, 1, 8, CHEAP);
    assertThat(answers(10, 1, 8, CHEAP)).isLessThan(0.5);
  }

  /** Has much to read before it guesses anything. */
  private static final class Reader implements Drafter {
    private int reads;

    @Override
    public int unread(Drafting drafting, TokenSequence sequence) {
      return 5000;
    }

    @Override
    public Took draft(List<Wish> wishes) {
      reads++;
      return new Took(0, 0, READS, 1);
    }

    @Override
    public void leave(Drafting drafting) {}
  }

  @Test
  void whileItReadsWhatWasLookedUpIsNotTriedInItsPlace() {
    for (int tokens : new int[] {1, 2, 4, 1, 2, 4, 1, 2, 4}) {
      costs.took(tokens, tokens - 1, (long) STEP * tokens);
    }
    var reader = new Reader();
    var speculation = new Speculation(Mode.AUTO, 16);
    var drafts = new ModelDrafts(reader, speculation, costs, new Purse(), ROOM);
    var speaker =
        new Speaker(
            TestSequences.of(1, 2, 3, 1, 2, 3), new Drafting(speculation, new Confidence()), 6);
    for (int i = 0; i < 50; i++) {
      speaker.drafting.seek(speaker.sequence, 16);
      speaker.drafting.plan(1);
      speaker.drafting.confirms(9); // it never is what was looked up
    }
    speaker.drafting.seek(speaker.sequence, 16);

    for (int i = 0; i < 2 * Probes.FIRST; i++) {
      assertThat(drafts.draft(List.of(speaker), new int[] {16}, 16)).isEmpty();
    }
    assertThat(reader.reads).isPositive();
    assertThat(speaker.drafting.found()).isEqualTo(16);
  }
}

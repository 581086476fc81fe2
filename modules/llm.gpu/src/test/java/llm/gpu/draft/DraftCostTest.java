package llm.gpu.draft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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
 * Answers of a few words in an order of their own, where something can be guessed at every place
 * and is right as often as the test says; so is what steps cost.
 */
@DisplayName("P-1: drafts that do not pay cost next to nothing")
class DraftCostTest {
  private static final int WORDS = 4;
  private static final int ROOM = 40;
  private static final int TOKENS = 160; // of an answer
  private static final int FIRST = 8; // answers until all is known

  /** Weights of 8 bits on one thread: sixteen tokens take nine times as long as one. */
  private static final IntToDoubleFunction DEAR = tokens -> 1 + (tokens - 1) * 8 / 15.;

  /** Weights of 32 bits: what takes long is to read them, once for all tokens. */
  private static final IntToDoubleFunction CHEAP = tokens -> 1 + (tokens - 1) * 0.12;

  private final SplittableRandom random = new SplittableRandom(20_261_122);
  private final StepCosts costs = new StepCosts(ROOM);
  private final DraftPlanner planner =
      new DraftPlanner(new Speculation(Mode.AUTO, 16), costs, ROOM, Optional.empty());

  private record Speaker(TokenSequence sequence, Drafting drafting, int[] said)
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
      return TOKENS - said[0] - 1;
    }

    @Override
    public int tokensSoFar() {
      return said[0];
    }
  }

  /** The time of an answer, in that of as many plain steps. */
  private double answer(IntToDoubleFunction cost, double right) {
    var speaker =
        new Speaker(
            TestSequences.of(1, 2, 3, 4, 1, 2, 3, 4),
            planner.begin(new int[0], new int[0], false),
            new int[1]);
    double time = 0;
    while (speaker.said[0] < TOKENS) {
      planner.plan(List.of(speaker));
      int drafted = speaker.drafting.count();
      double took = cost.applyAsDouble(1 + drafted);
      time += took;
      costs.took(1 + drafted, drafted, (long) (1e6 * took));
      boolean more = true;
      while (more) {
        int token = next(speaker.drafting, right);
        more = speaker.drafting.confirms(token);
        speaker.sequence.append(token);
        speaker.said[0]++;
      }
    }
    return time / TOKENS;
  }

  /** What was guessed, as often as the test says, else any other word. */
  private int next(Drafting drafting, double right) {
    int any = 1 + random.nextInt(WORDS);
    if (drafting.confirmed() == drafting.count()) {
      return any;
    }
    int guess = drafting.token(drafting.confirmed());
    return random.nextDouble() < right ? guess : guess % WORDS + 1;
  }

  private double answers(int count, IntToDoubleFunction cost, double right) {
    double time = 0;
    for (int i = 0; i < count; i++) {
      time += answer(cost, right);
    }
    return time / count;
  }

  @Test
  void whereTheyDoNotPay() {
    for (double right : new double[] {0, 0.1, 0.25, 0.4, 0.5, 0.6}) {
      assertThat(answers(FIRST, DEAR, right)).as("the first answers, %s", right).isLessThan(1.02);
      assertThat(answers(50, DEAR, right)).as("those behind them, %s", right).isLessThan(1.008);
    }
  }

  @Test
  void whereNoneIsEverRight() {
    assertThat(answers(FIRST, CHEAP, 0)).as("the first answers").isLessThan(1.02);
    assertThat(answers(50, CHEAP, 0)).as("those behind them").isLessThan(1.005);
  }

  @Test
  void whereTheyPayTheyAreNotSpared() {
    assertThat(answers(50, CHEAP, 0.95)).isLessThan(0.43);
    assertThat(answers(50, CHEAP, 0.7)).isLessThan(0.72);
    assertThat(answers(50, DEAR, 0.98)).isLessThan(0.75);
  }

  @Test
  void whenTheyBeginToPayTheyComeBack() {
    answers(50, CHEAP, 0);
    answers(20, CHEAP, 0.95);
    assertThat(answers(20, CHEAP, 0.95)).isLessThan(0.43);
  }
}

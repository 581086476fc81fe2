package llm.core.context;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.core.catalogue.Prompts;
import llm.core.testkit.ManualClock;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.error.LlmError;
import llm.domain.service.TokenEstimator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Talks of random lengths, with warm-ups that take long, fail, or are answered after the talk went
 * on. Each message has a number. A model that summarises says up to which number its summary stands
 * for, so that a gap between summary and messages would be seen.
 */
@DisplayName("C-5: whatever a warm-up does, nothing that was said is lost")
class DualContextRandomTest {
  private static final Pattern NUMBER = Pattern.compile("#(\\d+) ");
  private static final Pattern COVERED = Pattern.compile("covers to (\\d+)!");
  private static final String[] SCRIPTS = {
    "word ", "слово ", "كلمة ", "🙂👩‍👩‍👧 ", "語", "a\u0301 "
  };

  private final ManualClock clock = new ManualClock();
  private final List<Work> begun = new ArrayList<>();
  private final List<Integer> hardStops = new ArrayList<>();
  private int handovers;
  private static int cancelled; // because what they tell of was taken back
  private static int late; // turns that were told less in a fresh context too

  /** A warm-up under way. */
  private static final class Work {
    private final long number;
    private final List<Message> prompt; // the question

    private Work(long number, List<Message> prompt) {
      this.number = number;
      this.prompt = prompt;
    }
  }

  @AfterAll
  static void someTalksWereAheadOfTheirSummaries() {
    assertThat(late).isPositive();
    assertThat(cancelled).isPositive();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void everyMessageIsToldOrSummarisedAndWhatIsLeftOutIsSaid(long seed) throws TooLong {
    var random = new Random(seed);
    int tokens = 400 + random.nextInt(4_000);
    var window = new Window(tokens, tokens / 4, tokens / 8, 0.5, 0.75, random.nextInt(6));
    DualContext context = context(window);
    int said = 0;
    for (int turn = 0; turn < 200; turn++) {
      Message question = message(Role.USER, said, random, tokens / 16);
      TurnStart next = context.begin(question);
      Plan plan = next.plan();
      assertThat(plan.promptTokens())
          .as("seed %d turn %d", seed, turn)
          .isLessThanOrEqualTo(window.promptTokens());
      checkTold(plan, said, "seed " + seed + " turn " + turn);
      late += next.handover().isPresent() && plan.leftOut() > 0 ? 1 : 0;
      if (random.nextInt(3) == 0) {
        goOn(context, random); // in the middle of the turn
      }
      boolean answered = random.nextInt(12) > 0;
      if (!answered) {
        context.takeBack(); // the model failed; the same number comes again
      } else {
        context.add(message(Role.ASSISTANT, said + 1, random, tokens / 8));
        said += 2;
      }
      context.turnEnded();
      clock.advance(Duration.ofSeconds(random.nextInt(40)));
      if (random.nextInt(3) > 0) {
        goOn(context, random);
      }
      if (answered && random.nextInt(10) == 0) {
        context.takeBack(); // it was interrupted and is tried again
        context.takeBack();
        said -= 2;
      }
    }
    assertThat(handovers).as("seed %d", seed).isPositive();
    int facts = (int) context.ledger().entries().stream().count() + context.ledger().dropped();
    assertThat(facts).as("an entry of each summary").isGreaterThanOrEqualTo(1);
  }

  /** The prompt: a first message, then a part of the talk without a gap, up to the question. */
  private void checkTold(Plan plan, int last, String where) {
    List<Message> messages = plan.messages();
    int covered = covered(messages.getFirst());
    int expected = number(messages.get(1));
    for (Message message : messages.subList(1, messages.size())) {
      assertThat(number(message)).as(where).isEqualTo(expected);
      expected++;
    }
    assertThat(expected - 1).as(where).isEqualTo(last);
    int missing = number(messages.get(1)) - covered;
    assertThat(Math.max(0, missing)).as(where).isLessThanOrEqualTo(plan.leftOut());
    if (plan.leftOut() > 0) {
      assertThat(hardStops).as(where).last().isEqualTo(plan.leftOut());
    }
  }

  /** Brings one of the warm-ups a step further, or to nothing. */
  private void goOn(DualContext context, Random random) {
    if (begun.isEmpty()) {
      return;
    }
    Work work = begun.get(random.nextInt(begun.size()));
    if (random.nextInt(5) == 0) {
      context.failed(work.number, new LlmError.Internal());
      return;
    }
    boolean isExcerpt = work.prompt.size() <= 2; // what is told stands in the question itself
    List<Integer> told =
        isExcerpt
            ? numbers(work.prompt.getLast())
            : work.prompt.subList(1, work.prompt.size() - 1).stream()
                .map(DualContextRandomTest::number)
                .toList();
    int covered = covered(work.prompt.getFirst());
    assertThat(told.getFirst()).as("no gap in what is summarised").isLessThanOrEqualTo(covered);
    int to = told.getLast() + 1;
    String answer = "This covers to " + to + "!\n- fact: summary of " + to;
    Optional<List<Message>> beginning =
        context.summarized(
            work.number, Summary.ofAnswer(answer, isExcerpt ? Integer.MAX_VALUE : told.size()));
    if (beginning.isEmpty()) {
      begun.remove(work);
      return;
    }
    assertThat(covered(beginning.get().getFirst())).isEqualTo(to);
    if (random.nextInt(4) > 0) {
      context.ready(work.number);
    }
  }

  private DualContext context(Window window) {
    return new DualContext(
        window,
        new ContextPrompts("You are a test.", Optional.empty(), Prompts.DEFAULTS),
        new TokenEstimator(),
        "",
        Ledger.EMPTY,
        (number, prompt, _) -> {
          begun.add(new Work(number, prompt));
          return () -> {};
        },
        clock,
        new Events());
  }

  private static Message message(Role role, int number, Random random, int mostTokens) {
    var text = new StringBuilder("#" + number + " ");
    String piece = SCRIPTS[random.nextInt(SCRIPTS.length)];
    int most = random.nextInt(mostTokens * 3);
    while (text.length() < most) {
      text.append(piece);
    }
    return role == Role.USER ? Message.user(text.toString()) : Message.assistant(text.toString());
  }

  private static int number(Message message) {
    Matcher found = NUMBER.matcher(message.text());
    assertThat(found.find()).as(message.text()).isTrue();
    return Integer.parseInt(found.group(1));
  }

  private static List<Integer> numbers(Message message) {
    return NUMBER
        .matcher(message.text())
        .results()
        .map(one -> Integer.valueOf(one.group(1)))
        .toList();
  }

  /** The number behind the last message that a first message's summary stands for. */
  private static int covered(Message first) {
    Matcher found = COVERED.matcher(first.text());
    return found.find() ? Integer.parseInt(found.group(1)) : 0;
  }

  private final class Events implements DualEvents {
    @Override
    public void messageAdded(double ratio) {
      assertThat(ratio).isPositive();
    }

    @Override
    public void warmupStart(double ratio) {
      assertThat(ratio).isGreaterThanOrEqualTo(0.5);
    }

    @Override
    public void warmupReady(long nanos) {
      assertThat(nanos).isNotNegative();
    }

    @Override
    public void warmupCancelled(String reason) {
      assertThat(reason).isIn("taken_back", "ready_taken_back");
      cancelled++;
    }

    @Override
    public void warmupFailed(LlmError error) {
      // part of the script
    }

    @Override
    public void handoverPerform(long nanos, double ratioBefore, double ratioAfter) {
      handovers++;
      assertThat(ratioBefore).isGreaterThanOrEqualTo(0.75);
    }

    @Override
    public void hardStop(int leftOutMessages, int promptTokens, int limitTokens) {
      hardStops.add(leftOutMessages);
    }
  }
}

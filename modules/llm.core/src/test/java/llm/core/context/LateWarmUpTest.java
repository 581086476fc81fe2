package llm.core.context;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import llm.core.catalogue.Prompts;
import llm.core.telemetry.Metrics;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Registration;
import llm.domain.chat.Message;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("C-5: a warm-up beside a talk that goes on")
class LateWarmUpTest {
  private static final String TEN_TOKENS = "x".repeat(40);
  private static final Window WINDOW = new Window(1_000, 200, 100, 0.5, 0.8, 4);

  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final Metrics metrics = telemetry.metrics();
  private final Recorder warmUps = new Recorder();
  private final ContextTest.Meter counter = new ContextTest.Meter();
  private final DualContext context =
      new DualContext(
          WINDOW,
          new ContextPrompts("You are a test.", Optional.empty(), Prompts.DEFAULTS),
          counter,
          "",
          Ledger.EMPTY,
          warmUps,
          new ManualClock(),
          new DualLog(
              telemetry.log("llm.dual"),
              telemetry.log("llm.context"),
              new DualLog.Counters(metrics),
              "c1"));

  /** Keeps what it is asked for. */
  private static final class Recorder implements WarmUp {
    private final List<List<Message>> questions = new ArrayList<>();
    private final List<List<Message>> beginnings = new ArrayList<>();
    private boolean fasterWhenUrgent = true;
    private boolean readsAhead = true;
    private long number;

    @Override
    public Registration begin(long which, List<Message> prompt, boolean urgent) {
      number = which;
      questions.add(List.copyOf(prompt));
      return () -> {};
    }

    @Override
    public boolean isFasterWhenUrgent() {
      return fasterWhenUrgent;
    }

    @Override
    public void grown(Supplier<List<Message>> beginning) {
      if (readsAhead) {
        beginnings.add(List.copyOf(beginning.get()));
      }
    }
  }

  private TurnStart turn(String question) throws TooLong {
    TurnStart start = context.begin(Message.user(question + TEN_TOKENS));
    context.add(Message.assistant("answer " + TEN_TOKENS));
    context.turnEnded();
    return start;
  }

  private void talkUntil(double ratio) throws TooLong {
    while (context.ratio() < ratio) {
      turn("q");
    }
  }

  private void makeReady(String summary) {
    context.summarized(warmUps.number, Summary.ofAnswer(summary, 99)).orElseThrow();
    context.ready(warmUps.number);
  }

  @Test
  void aReadyContextIsReadOnWithEachTurnThatComesBeforeItIsUsed() throws TooLong {
    talkUntil(0.5);
    makeReady("They talked.");
    assertThat(warmUps.beginnings).isEmpty();
    turn("one ");
    turn("two ");

    assertThat(warmUps.beginnings).hasSize(2);
    assertThat(warmUps.beginnings.getLast())
        .startsWith(warmUps.beginnings.getFirst().toArray(Message[]::new))
        .hasSize(warmUps.beginnings.getFirst().size() + 2);
    List<Message> last;
    TurnStart fresh;
    do {
      last = warmUps.beginnings.getLast();
      fresh = turn("now ");
    } while (fresh.handover().isEmpty());

    assertThat(fresh.plan().messages())
        .as("all but the question is read already")
        .startsWith(last.toArray(Message[]::new))
        .hasSize(last.size() + 1);
  }

  @Test
  void aReadyContextThatNobodyReadsOnCostsATurnNothing() throws TooLong {
    warmUps.readsAhead = false;
    talkUntil(0.5);
    makeReady("They talked.");
    context.begin(Message.user(TEN_TOKENS));
    context.add(Message.assistant(TEN_TOKENS));
    counter.characters.set(0);
    context.turnEnded();

    assertThat(counter.characters).as("that were counted").hasValue(0);
  }

  @Test
  void aWarmUpThatWouldBeNoFasterIsNotBegunAgain() throws TooLong {
    warmUps.fasterWhenUrgent = false;
    talkUntil(1.5);

    assertThat(warmUps.questions).hasSize(1);
    assertThat(telemetry.trail()).containsOnlyOnce("warmup_start");
  }

  @Test
  void aTalkThatIsAheadOfItsSummariesGoesOnInEachAndIsToldMore() throws TooLong {
    talkUntil(0.5);
    while (context.ratio() < 2.5) {
      turn("q");
    }
    int leftOut = context.begin(Message.user("much is not told")).plan().leftOut();
    context.takeBack();
    assertThat(leftOut).isPositive();
    int before = warmUps.questions.size();
    makeReady("What they said first.");

    TurnStart fresh = turn("q");
    assertThat(fresh.handover()).as("though it is full as well").isPresent();
    assertThat(fresh.plan().messages().getFirst().text()).contains("What they said first.");
    assertThat(fresh.plan().leftOut()).isPositive().isLessThan(leftOut);
    assertThat(warmUps.questions).as("and the next one is begun at once").hasSize(before + 1);
    for (int i = 0; fresh.plan().leftOut() > 0; i++) {
      assertThat(i).as("it catches up").isLessThan(6);
      makeReady("More of it.");
      fresh = turn("q");
    }
  }
}

package llm.core.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.catalogue.Prompts;
import llm.core.telemetry.Level;
import llm.core.telemetry.Metrics;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.error.LlmError;
import llm.domain.service.TokenEstimator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("C-5: the change to a fresh context")
class DualContextTest {
  private static final String TEN_TOKENS = "x".repeat(24); // and 4 around it
  private static final Window WINDOW = new Window(400, 100, 60, 0.5, 0.8, 2);

  private static final ContextPrompts PROMPTS =
      new ContextPrompts("Be brief.", Optional.empty(), Prompts.DEFAULTS);

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final RecordingTelemetry messages = new RecordingTelemetry();
  private final Metrics metrics = telemetry.metrics();
  private final List<List<Message>> asked = new ArrayList<>();
  private long number;
  private boolean ended;
  private boolean urgent;
  private final DualContext context = context(WINDOW);

  private DualContext context(Window window) {
    return new DualContext(
        window,
        PROMPTS,
        new TokenEstimator(),
        "",
        Ledger.EMPTY,
        (which, prompt, isUrgent) -> {
          number = which;
          urgent = isUrgent;
          asked.add(List.copyOf(prompt));
          return () -> ended = true;
        },
        clock,
        new DualLog(
            telemetry.log("llm.dual"),
            messages.log("llm.context"),
            new DualLog.Counters(metrics),
            "c1"));
  }

  private Plan turn(String question) throws TooLong {
    Plan plan = context.begin(Message.user(question + TEN_TOKENS)).plan();
    context.add(Message.assistant("answer " + TEN_TOKENS));
    context.turnEnded();
    return plan;
  }

  private void talkUntil(double ratio) throws TooLong {
    while (context.ratio() < ratio) {
      turn("q");
    }
  }

  private void makeReady() {
    context.summarized(number, Summary.ofAnswer("They talked.\n- fact: it rained", 99));
    context.ready(number);
  }

  @Test
  void theSummaryIsAskedForBehindThePromptTheModelHasRead() throws TooLong {
    Plan last = turn("first ");
    while (asked.isEmpty()) {
      last = turn("q");
    }

    List<Message> question = asked.getFirst();
    assertThat(question.getLast().role()).isEqualTo(Role.USER);
    assertThat(question.getLast().text()).contains("Summarise").contains("- fact: ");
    assertThat(question).startsWith(last.messages().toArray(Message[]::new));
    assertThat(question).hasSize(last.messages().size() + 2);
    assertThat(telemetry.trail()).containsExactly("warmup_start");
    assertThat(telemetry.events().getFirst().logger()).isEqualTo("llm.dual");
  }

  @Test
  void eachMessageThatIsAddedTellsTheRoomTaken() throws TooLong {
    turn("q");

    assertThat(messages.trail()).containsExactly("usage_ratio", "usage_ratio");
    var last = messages.events().getLast();
    assertThat(last.logger()).isEqualTo("llm.context");
    assertThat(last.level()).isEqualTo(Level.DEBUG);
    assertThat(last.fields())
        .containsEntry("conversation", "c1")
        .containsEntry("usage_ratio", context.ratio());
    context.restore(List.of(Message.user("from before")));
    assertThat(messages.trail()).as("it is not added now").hasSize(2);
  }

  @Test
  void theNextTurnOverTheThresholdRunsInTheFreshContextAndLaterMessagesAreToldWordByWord()
      throws TooLong {
    talkUntil(0.5);
    turn("after the summary was asked for ");
    clock.advance(Duration.ofMillis(340));
    List<Message> beginning =
        context
            .summarized(number, Summary.ofAnswer("They talked.\n- fact: it rained", 99))
            .orElseThrow();
    clock.advance(Duration.ofMillis(60));
    context.ready(number);
    talkUntil(0.8);
    double full = context.ratio();
    clock.advance(Duration.ofMillis(12));

    var begun = context.begin(Message.user("new"));

    List<Message> told = begun.plan().messages();
    assertThat(told).startsWith(beginning.toArray(Message[]::new));
    assertThat(told.getFirst().text())
        .isEqualTo(
            "Be brief.\n\nWhat is known from this conversation so far:\n- fact: it rained\n\n\n"
                + "A summary of this conversation so far:\nThey talked.");
    assertThat(told).anyMatch(message -> message.text().startsWith("after the summary"));
    assertThat(begun.handover()).isPresent();
    assertThat(begun.handover().get().sinceReady()).isEqualTo(12_000_000);
    assertThat(begun.handover().get().kept()).isEqualTo(told.size() - 2);
    assertThat(context.ratio()).isLessThan(full);
    assertThat(telemetry.trail())
        .containsExactly("warmup_start", "warmup_ready", "handover_perform");
    assertThat(telemetry.events("warmup_ready").getFirst().fields()).containsEntry("ms", 400.0);
    assertThat(telemetry.events("handover_perform").getFirst().fields()).containsEntry("ms", 12.0);
  }

  @Test
  void beforeTheThresholdAReadyContextWaits() throws TooLong {
    talkUntil(0.5);
    makeReady();

    assertThat(context.begin(Message.user("q")).handover()).isEmpty();
  }

  @Test
  void aFullContextWhoseNextIsNotReadyLeavesTheOldestOutAndSaysSo() throws TooLong {
    talkUntil(0.5);
    Plan plan = turn("q");
    while (plan.leftOut() == 0) {
      plan = turn("q");
    }

    assertThat(plan.promptTokens()).isLessThanOrEqualTo(WINDOW.promptTokens());
    assertThat(plan.messages().get(1).role()).isEqualTo(Role.USER);
    var event = telemetry.events("context_hard_stop").getFirst();
    assertThat(event.fields()).containsEntry("left_out_messages", (long) plan.leftOut());
    assertThat(event.fields()).containsEntry("conversation", "c1");
    makeReady();
    var begun = context.begin(Message.user("late"));
    assertThat(begun.handover()).as("what was left out is in the summary").isPresent();
    assertThat(begun.plan().leftOut()).isZero();
  }

  @Test
  void aWarmUpThatFailsIsTriedAgainEachTimeLater() throws TooLong {
    talkUntil(0.5);
    context.failed(number, new LlmError.Internal());
    turn("at once ");
    assertThat(asked).hasSize(1);

    clock.advance(Duration.ofSeconds(5));
    turn("later ");
    assertThat(asked).hasSize(2);
    context.failed(number, new LlmError.Internal());
    clock.advance(Duration.ofSeconds(5));
    context.turnEnded();
    assertThat(asked).hasSize(2);
    clock.advance(Duration.ofSeconds(5));
    context.turnEnded();
    assertThat(asked).hasSize(3);
    makeReady();
    assertThat(telemetry.trail())
        .containsExactly(
            "warmup_start",
            "warmup_failed",
            "warmup_start",
            "warmup_failed",
            "warmup_start",
            "warmup_ready");
  }

  @Test
  void aWarmUpThatIsLateIsBegunAgainAsAnUrgentOne() throws TooLong {
    talkUntil(0.5);
    assertThat(urgent).isFalse();
    long first = number;
    talkUntil(WINDOW.urgentRatio());

    assertThat(context.ratio()).isLessThan(0.8);
    assertThat(urgent).isTrue();
    assertThat(ended).as("the one before is cancelled").isTrue();
    assertThat(number).isEqualTo(first + 1);
    talkUntil(1.2);
    assertThat(asked).as("urgent once").hasSize(2);
    assertThat(telemetry.trail()).containsOnlyOnce("warmup_start");
    makeReady();
    assertThat(context.begin(Message.user("q")).handover()).isPresent();
  }

  @Test
  void aQuestionThatTheProviderFindsTooLongIsAskedAboutLess() throws TooLong {
    talkUntil(0.5);
    int before = asked.getFirst().size();
    int last = before;
    for (int i = 0; i < 3; i++) {
      List<Message> shorter = context.tooLong(number, 20).orElseThrow();
      assertThat(shorter).hasSizeLessThan(last);
      assertThat(shorter.getLast()).isEqualTo(asked.getFirst().getLast());
      last = shorter.size();
    }
    context.summarized(number, Summary.ofAnswer("Short.", last - 2)).orElseThrow();
    context.ready(number);
    talkUntil(0.8);
    List<Message> told = context.begin(Message.user("q")).plan().messages();
    assertThat(told.getFirst().text()).contains("Short.");
    assertThat(told.get(1)).isEqualTo(asked.getFirst().get(last - 1));

    assertThat(context.tooLong(number, 10_000)).as("nothing is left to ask about").isEmpty();
  }

  @Test
  void answersOfAWarmUpThatIsOverAreNotHeard() throws TooLong {
    talkUntil(0.5);
    long old = number;
    context.failed(old, new LlmError.Internal());
    clock.advance(Duration.ofSeconds(5));
    turn("again ");

    assertThat(context.summarized(old, Summary.ofAnswer("old", 2))).isEmpty();
    context.ready(old);
    context.failed(old, new LlmError.Internal());
    assertThat(context.isWarming()).isTrue();
    context.ready(number);
    assertThat(context.isWarming()).as("ready before it has a summary").isTrue();
  }

  @Test
  void closingCancelsTheWarmUpAndNoneBeginsAnyMore() throws TooLong {
    talkUntil(0.5);
    context.close("deleted");

    assertThat(ended).isTrue();
    turn("q");
    assertThat(asked).hasSize(1);
    assertThat(telemetry.events("warmup_cancelled").getFirst().fields())
        .containsEntry("reason", "deleted");
  }

  @Test
  void aMessageThatHasNoRoomAloneIsRefusedAndTheContextIsAsBefore() throws TooLong {
    turn("q");
    double before = context.ratio();

    TooLong refused =
        catchThrowableOfType(TooLong.class, () -> context.begin(Message.user("x".repeat(2_000))));

    assertThat(refused.limit()).isEqualTo(300);
    assertThat(refused.tokens()).isGreaterThan(500);
    assertThat(context.ratio()).isEqualTo(before);
  }

  @Test
  void aMessageThatIsTooLongPerformsNoHandover() throws TooLong {
    talkUntil(0.5);
    makeReady();
    talkUntil(0.8);
    double before = context.ratio();

    catchThrowableOfType(TooLong.class, () -> context.begin(Message.user("x".repeat(2_000))));

    assertThat(context.ratio()).isEqualTo(before);
    assertThat(context.ledger()).isEqualTo(Ledger.EMPTY);
    assertThat(telemetry.events("handover_perform")).isEmpty();
    assertThat(context.begin(Message.user("short")).handover()).as("still ready").isPresent();
  }

  @Test
  void aMessageThatHasRoomBesideTheOldBeginningOnlyIsAnsweredThere() throws TooLong {
    talkUntil(0.5);
    context.summarized(number, Summary.ofAnswer("long ".repeat(100), 99));
    context.ready(number);
    talkUntil(0.8);

    var begun = context.begin(Message.user("x".repeat(850)));

    assertThat(begun.handover()).isEmpty();
    assertThat(begun.plan().leftOut()).isPositive();
  }

  @Test
  void takingBackWhatTheSummaryStandsForGivesTheWarmUpUp() throws TooLong {
    talkUntil(0.5);
    long old = number;
    context.takeBack();

    assertThat(ended).isTrue();
    assertThat(context.isWarming()).isFalse();
    assertThat(context.summarized(old, Summary.ofAnswer("old", 99))).isEmpty();
    assertThat(telemetry.events("warmup_cancelled").getFirst().fields())
        .containsEntry("reason", "taken_back");
    context.takeBack();
    turn("again ");
    makeReady();
    ended = false;
    context.takeBack();
    context.takeBack();
    assertThat(ended).as("a ready one too").isTrue();
    talkUntil(0.8);
    assertThat(context.begin(Message.user("q")).handover()).isEmpty();
  }

  @Test
  void takingBackWhatTheSummaryDoesNotTellOfLeavesTheWarmUp() throws TooLong {
    talkUntil(0.5);
    context.begin(Message.user("not answered"));
    context.takeBack();

    assertThat(context.isWarming()).isTrue();
    assertThat(ended).isFalse();
  }

  @Test
  void aFirstTurnThatHasNoRoomBesideTheQuestionIsSummarisedByAnExcerpt() throws TooLong {
    context.begin(Message.user("Begins here. " + "x".repeat(1_050) + " ends here."));
    context.add(Message.assistant("short answer"));
    context.turnEnded();

    assertThat(telemetry.trail()).containsExactly("warmup_start");
    List<Message> prompt = asked.getFirst();
    assertThat(prompt).hasSize(2);
    assertThat(new TokenEstimator().countMessages(prompt)).isLessThanOrEqualTo(340);
    assertThat(prompt.getLast().text())
        .contains("user: Begins here. xxx", "this is an excerpt: ", "xxx ends here.")
        .contains("assistant: short answer", "- fact: ");
    List<Message> less = context.tooLong(number, 40).orElseThrow();
    assertThat(less.getLast().text())
        .contains("excerpt")
        .hasSizeLessThan(prompt.getLast().text().length() - 100);
    context.summarized(number, Summary.ofAnswer("All of it.", Integer.MAX_VALUE));
    context.ready(number);

    var begun = context.begin(Message.user("next"));
    assertThat(begun.handover()).isPresent();
    assertThat(begun.plan().messages()).hasSize(2);
    assertThat(begun.plan().leftOut()).isZero();
    assertThat(context.tooLong(number, 10_000)).isEmpty();
  }

  @Test
  void aFirstMessageThatLeavesNoRoomForATurnIsCutToo() throws TooLong {
    DualContext full =
        new DualContext(
            WINDOW,
            PROMPTS,
            new TokenEstimator(),
            "An old summary. " + "x".repeat(920),
            Ledger.EMPTY,
            (which, prompt, _) -> {
              asked.add(prompt);
              return () -> {};
            },
            clock,
            new DualLog(
                telemetry.log("llm.dual"),
                messages.log("llm.context"),
                new DualLog.Counters(metrics),
                "c1"));
    full.begin(Message.user("A question."));
    full.add(Message.assistant("An answer of a few words."));
    full.turnEnded();

    assertThat(asked.getFirst()).hasSize(1);
    assertThat(asked.getFirst().getFirst().text())
        .contains("system: Be brief.", "An old summary.", "this is an excerpt")
        .contains("user: A question.", "assistant: An answer of a few words.");
    assertThat(new TokenEstimator().countMessages(asked.getFirst())).isLessThanOrEqualTo(340);
  }

  @Test
  void anExcerptIsCutUntilNothingIsLeftToAskAbout() throws TooLong {
    context.begin(Message.user("x".repeat(1_000)));
    context.add(Message.assistant("y".repeat(1_000)));
    context.turnEnded();
    int shortened = 0;
    while (context.tooLong(number, 10).isPresent()) {
      assertThat(++shortened).isLessThan(16);
    }

    assertThat(shortened).isPositive();
  }

  @Test
  void aWarmUpThatHasNothingToAskAboutIsNotToldOf() throws TooLong {
    talkUntil(0.5);
    while (context.tooLong(number, 100).isPresent()) {
      assertThat(context.isWarming()).isTrue();
    }
    context.failed(number, new LlmError.Internal());
    clock.advance(Duration.ofMinutes(5));
    context.turnEnded();

    assertThat(telemetry.trail()).containsExactly("warmup_start", "warmup_failed");
  }

  @Test
  void withAFullLedgerTheFirstPromptBehindTheHandoverBeginsAsItWasWarmed() throws TooLong {
    var facts = new StringBuilder("They talked.");
    for (int i = 0; i < 40; i++) {
      facts.append("\n- fact: number ").append(i).append(" of many things");
    }
    for (int i = 0; i < 3; i++) {
      while (!context.isWarming()) {
        turn("q");
      }
      Summary made = Summary.ofAnswer(facts + "\n- fact: round " + i, 99);
      List<Message> warmed = context.summarized(number, made).orElseThrow();
      context.ready(number);
      talkUntil(0.8);
      var begun = context.begin(Message.user("go on"));
      Message first = begun.plan().messages().getFirst();

      assertThat(first).isEqualTo(warmed.getFirst());
      var over = begun.handover().orElseThrow();
      assertThat(PROMPTS.first(over.summary(), over.ledger())).as("as kept").isEqualTo(first);
      assertThat(over.ledger().dropped()).as("it is full").isPositive();
      context.takeBack();
    }
  }

  @Test
  void aProviderThatCountsMoreIsAskedAgainWithLess() throws TooLong {
    talkUntil(0.7);
    Plan plan = context.begin(Message.user("q")).plan();

    Plan shorter = context.shorter(plan, 450, 400).orElseThrow();

    assertThat(shorter.leftOut()).isPositive();
    assertThat(shorter.promptTokens()).isLessThanOrEqualTo(300);
    assertThat(shorter.messages().getLast()).isEqualTo(plan.messages().getLast());
    Plan least = context.shorter(shorter, 100_000, 400).orElseThrow();
    assertThat(least.messages()).hasSize(2);
    assertThat(context.shorter(least, 100_000, 400)).as("nothing more to leave out").isEmpty();
  }

  @Test
  void theLedgerSurvivesAnyNumberOfHandoversThoughNoSummaryRepeatsIt() throws TooLong {
    for (int i = 0; i < 12; i++) {
      while (!context.isWarming()) {
        turn("q");
      }
      context.summarized(number, Summary.ofAnswer("Part.\n- decision: number " + i, 99));
      context.ready(number);
      talkUntil(0.8);
      Message first = context.begin(Message.user("go on")).plan().messages().getFirst();
      context.takeBack();
      for (int known = 0; known <= i; known++) {
        assertThat(first.text()).contains("- decision: number " + known + "\n");
      }
    }
    context.note(List.of(new Ledger.Entry(Ledger.Kind.FILE, "a.txt")));
    assertThat(context.ledger().entries()).hasSize(13);
  }

  @Test
  void promptsThatDoNotTellAllBeginAlikeForSomeTurns() throws TooLong {
    talkUntil(0.5);
    Plan plan = turn("q");
    while (plan.leftOut() == 0) {
      plan = turn("q");
    }
    int alike = 0;
    for (int i = 0; i < 20; i++) {
      Plan next = turn("q");
      boolean same = next.leftOut() == plan.leftOut();
      if (same) {
        assertThat(next.messages()).startsWith(plan.messages().toArray(Message[]::new));
      }
      alike += same ? 1 : 0;
      plan = next;
    }
    assertThat(alike).isGreaterThan(10);
  }

  @Test
  void aSummaryThatIsLongerThanItMayBeIsCut() throws TooLong {
    talkUntil(0.5);
    String endless = "It rained and rained. ".repeat(100);
    var step = context.summarized(number, Summary.ofAnswer(endless, 99)).orElseThrow();

    String first = step.getFirst().text();
    assertThat(first).contains("It rained", "this is an excerpt");
    assertThat(new TokenEstimator().countTokens(first)).isLessThan(60 * 2);
  }
}

package llm.core.conversation;

import static llm.core.conversation.ConversationFixture.BROKEN;
import static llm.core.conversation.ConversationFixture.answer;
import static llm.core.conversation.ConversationFixture.await;
import static llm.core.conversation.ConversationFixture.drain;
import static llm.core.conversation.ConversationFixture.refusal;
import static llm.core.conversation.ConversationFixture.report;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.concurrent.CallScope;
import llm.core.conversation.ConversationSettings.ConcurrentTurns;
import llm.core.testkit.Gate;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("C-6: conversations, a turn at a time")
@Timeout(60)
class ConversationsTest {
  private ConversationFixture talk = new ConversationFixture(8_000);

  @AfterEach
  void close() {
    talk.close();
  }

  private void openWhereTurnsMayWait() throws LlmException {
    talk.close();
    talk =
        new ConversationFixture(
            8_000, ConversationFixture.settings(ConcurrentTurns.QUEUE, 100, 1 << 20));
    talk.open("c1");
  }

  private int waiting() {
    try {
      return talk.conversations.find("c1", talk.owner()).orElseThrow().waitingTurns();
    } catch (LlmException failure) {
      throw new AssertionError(failure);
    }
  }

  @Test
  void aTurnStreamsChunksTheLastOfThemFinalAndThenHowItWent() throws LlmException {
    talk.open("c1");
    EventStream<TurnEvent> stream = talk.begin("c1", "t1", "Hello");
    talk.clock.advance(Duration.ofMillis(5));
    List<TurnEvent> events = drain(stream);

    assertThat(events.subList(0, 4))
        .containsExactly(
            new TurnEvent.Started("c1", "t1", false),
            new TurnEvent.Chunk("[", false),
            new TurnEvent.Chunk("Hello]", false),
            new TurnEvent.Chunk("", true));
    TurnReport report = report(events);
    assertThat(report.turn()).isEqualTo("t1");
    assertThat(report.timeToFirstTokenMs()).hasValue(5);
    assertThat(report.firstAnswerMs()).hasValue(5);
    assertThat(report.durable()).isTrue();
    assertThat(report.contextRatioAfter()).isGreaterThan(report.contextRatioBefore());
    assertThat(talk.telemetry.trail())
        .containsSubsequence(
            "user_turn_start",
            "first_token",
            "time_to_first_token_ms",
            "stream_end",
            "user_turn_finish");
    assertThat(talk.telemetry.events("user_turn_finish").getFirst().fields())
        .containsEntry("time_to_first_token_ms", 5.0)
        .containsKeys("response_total_ms", "context_ratio_before", "context_ratio_after");
  }

  @Test
  void theModelIsToldTheWholeConversationEachTurn() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "one");
    talk.turn("c1", "t2", "two");
    talk.turn("c1", "t3", "three");

    assertThat(talk.lastTold())
        .containsExactly("Be brief.", "one", "[one]", "two", "[two]", "three");
  }

  @Test
  void aSecondTurnMeetsAConflictThatNamesTheOneThatRuns() throws LlmException {
    talk.open("c1");
    Gate gate = talk.talker.holdNextAnswer();
    EventStream<TurnEvent> first = talk.begin("c1", "t1", "one");

    assertThat(refusal(() -> talk.begin("c1", "t2", "two")))
        .isEqualTo(
            new LlmError.Conflict("Conversation c1 is answering turn t1; wait for its end."));
    assertThat(talk.conversations.find("c1", talk.owner()).orElseThrow().runningTurn())
        .contains("t1");
    gate.open();
    drain(first);
    assertThat(answer(talk.turn("c1", "t2", "two"))).isEqualTo("[two]");
  }

  @Test
  void whereTurnsMayWaitTheyAreAnsweredInOrderUpToABound() throws Exception {
    openWhereTurnsMayWait();
    Gate gate = talk.talker.holdNextAnswer();
    EventStream<TurnEvent> first = talk.begin("c1", "t1", "one");
    CompletableFuture<List<TurnEvent>> second = later("t2", "two");
    await(() -> waiting() == 1);
    CompletableFuture<List<TurnEvent>> third = later("t3", "three");
    await(() -> waiting() == 2);

    assertThat(refusal(() -> talk.begin("c1", "t4", "four")))
        .isInstanceOf(LlmError.QueueFull.class);
    assertThat(refusal(() -> talk.begin("c1", "t1", "one")))
        .as("the turn that runs does not wait for itself")
        .isInstanceOf(LlmError.Conflict.class);
    gate.open();
    drain(first);
    assertThat(answer(second.get())).isEqualTo("[two]");
    assertThat(answer(third.get())).isEqualTo("[three]");
    assertThat(talk.lastTold()).endsWith("[one]", "two", "[two]", "three");
  }

  @Test
  void aWaitingTurnWhoseCallIsCancelledWaitsNoMore() throws Exception {
    openWhereTurnsMayWait();
    Gate gate = talk.talker.holdNextAnswer();
    EventStream<TurnEvent> first = talk.begin("c1", "t1", "one");
    var call = talk.call();
    var refused = new AtomicReference<LlmError>();
    Thread waiting =
        Thread.startVirtualThread(() ->
            refused.set(
                refusal(() -> talk.conversations.turn("c1", Optional.of("t2"), "two", call))));
    await(() -> waiting() == 1);

    call.cancel(CancelReason.CLIENT_GONE);
    waiting.join();

    assertThat(refused.get()).isEqualTo(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
    gate.open();
    drain(first);
    talk.turn("c1", "t3", "three");
    assertThat(talk.lastTold()).containsExactly("Be brief.", "one", "[one]", "three");
  }

  private CompletableFuture<List<TurnEvent>> later(String turn, String text) {
    var done = new CompletableFuture<List<TurnEvent>>();
    Thread.startVirtualThread(() -> {
      try {
        done.complete(talk.turn("c1", turn, text));
      } catch (LlmException | RuntimeException failure) {
        done.completeExceptionally(failure);
      }
    });
    return done;
  }

  @Test
  void aTurnThatWasAnsweredIsToldAgainAndTheModelIsNotAsked() throws LlmException {
    talk.open("c1");
    String said = answer(talk.turn("c1", "t1", "one"));
    talk.turn("c1", "t2", "two");
    talk.restart();

    List<TurnEvent> again = talk.turn("c1", "t1", "one");

    assertThat(again.getFirst()).isEqualTo(new TurnEvent.Started("c1", "t1", true));
    assertThat(answer(again)).isEqualTo(said);
    assertThat(talk.talker.turns()).hasSize(2);
    assertThat(refusal(() -> talk.begin("c1", "t1", "something else")))
        .isEqualTo(
            new LlmError.Conflict("Turn t1 was begun with another text; name another turn_id."));
    assertThat(answer(talk.turn("c1", "t3", "three"))).isEqualTo("[three]");
  }

  @Test
  void aTurnOfLongAgoIsFoundInTheStore() throws LlmException {
    talk.open("c1");
    for (int i = 0; i < 100; i++) {
      talk.turn("c1", "t" + i, "q" + i);
    }
    int asked = talk.talker.turns().size();

    assertThat(answer(talk.turn("c1", "t3", "q3"))).isEqualTo("[q3]");
    assertThat(talk.talker.turns()).hasSize(asked);
  }

  @Test
  void aTurnThatTheModelRefusesIsToldToNobodyAndCanBeTriedAgain() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "one");
    talk.talker.refuseNext(BROKEN);

    assertThat(refusal(() -> talk.begin("c1", "t2", "two"))).isEqualTo(BROKEN);
    talk.restart();
    talk.turn("c1", "t3", "three");
    assertThat(talk.lastTold()).containsExactly("Be brief.", "one", "[one]", "three");
    assertThat(answer(talk.turn("c1", "t2", "two"))).isEqualTo("[two]");
    assertThat(talk.conversations.find("c1", talk.owner()).orElseThrow().turns()).isEqualTo(3);
  }

  @Test
  void aPartOfAnAnswerStaysUntilTheTurnIsTriedAgain() throws LlmException {
    talk.open("c1");
    talk.talker.breakNext(BROKEN);
    List<TurnEvent> broken = talk.turn("c1", "t1", "one");
    assertThat(broken.getLast()).isInstanceOf(TurnEvent.Failed.class);

    for (boolean restarted : new boolean[] {false, true}) {
      if (restarted) {
        talk.restart();
      }
      talk.talker.breakNext(BROKEN);
      talk.turn("c1", "t1", "one");
      assertThat(talk.lastTold()).as("restarted %s", restarted).containsExactly("Be brief.", "one");
    }
    talk.turn("c1", "t2", "two");
    assertThat(talk.lastTold()).containsExactly("Be brief.", "one", "[", "two");
    assertThat(refusal(() -> talk.begin("c1", "t1", "one")))
        .isEqualTo(
            new LlmError.Conflict(
                "Turn t1 was interrupted and the conversation went on; begin another one."));
    talk.restart();
    talk.turn("c1", "t3", "three");
    assertThat(talk.lastTold()).containsExactly("Be brief.", "one", "[", "two", "[two]", "three");
  }

  @Test
  void aTurnThatIsClosedEarlyEndsAndGivesTheFloorBack() throws LlmException {
    talk.open("c1");
    Gate gate = talk.talker.holdNextAnswer();
    EventStream<TurnEvent> stream = talk.begin("c1", "t1", "one");
    stream.next();
    stream.next();
    stream.close();
    gate.open();
    await(() -> talk.telemetry.events("user_turn_finish").size() == 1);

    talk.turn("c1", "t2", "two");

    assertThat(talk.lastTold()).containsExactly("Be brief.", "one", "[", "two");
    assertThat(talk.telemetry.events("user_turn_finish").getFirst().fields())
        .containsEntry("end", "INTERRUPTED");
  }

  @Test
  void anotherProcessGoesOnWhereThisOneEnded() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "one");
    talk.begin("c1", "t2", "never answered"); // and the process dies
    talk.restart();

    talk.turn("c1", "t3", "three");

    assertThat(talk.lastTold()).containsExactly("Be brief.", "one", "[one]", "three");
    assertThat(answer(talk.turn("c1", "t2", "never answered"))).isEqualTo("[never answered]");
  }

  @Test
  void whereAnswersAreJudgedTheUserSeesThatFirstAndNeverTheThought() throws LlmException {
    talk.open("c1", true);
    String thought = "\"internal_thought\":\"They seem nice.\",";
    talk.talker.answerNext(
        "Sure:\n{\"is_safe\":true,\"aggression_score\":0.25," + thought + "\"answer\":\"Good d",
        "ay!\"}");

    List<TurnEvent> events = talk.turn("c1", "t1", "Hello");

    var judged = Optional.of(new TurnEvent.Metadata(true, 0.25));
    assertThat(events.subList(1, events.size() - 1))
        .containsExactly(
            new TurnEvent.Chunk("Good d", false, judged),
            new TurnEvent.Chunk("ay!", false),
            new TurnEvent.Chunk("", true, judged));
    talk.turn("c1", "t2", "And?");
    assertThat(talk.lastTold().getFirst()).startsWith("Be brief.").contains("\"is_safe\"");
    assertThat(talk.lastTold()).endsWith("Hello", "Good day!", "And?");
    assertThat(talk.conversations.history("c1", talk.owner(), 0, 9).toString())
        .doesNotContain("They seem nice");
  }

  @Test
  void anAnswerThatIsNotTheJsonItShouldBeFailsTheTurn() throws LlmException {
    talk.open("c1", true);

    List<TurnEvent> events = talk.turn("c1", "t1", "Hello");

    assertThat(((TurnEvent.Failed) events.getLast()).error())
        .isInstanceOf(LlmError.InvalidAnswer.class);
  }

  @Test
  @DisplayName("C-7: a summary that is asked for is the model's once and then the cache's")
  void aSummaryIsMadeOnceAndThenReadFromTheCache() throws LlmException {
    talk.open("demo-123");
    talk.turn("demo-123", "t1", "Hello");
    var made = talk.conversations.summarize("demo-123", talk.call()).orElseThrow();
    assertThat(made.cached()).isFalse();
    assertThat(made.covered()).isEqualTo(2);
    assertThat(made.answer()).isEqualTo("Summary to: [Hello]");

    talk.turn("demo-123", "t2", "And now?");
    var read = talk.conversations.summarize("demo-123", talk.call()).orElseThrow();
    assertThat(read.cached()).isTrue();
    assertThat(read.answer()).isEqualTo(made.answer());
    assertThat(read.covered()).isEqualTo(2);
    assertThat(talk.talker.summaries()).hasSize(1);
    assertThat(talk.telemetry.events("summary_cache_check"))
        .extracting(
            event -> event.text("key").orElseThrow() + " " + event.text("hit").orElseThrow())
        .containsExactly(
            "summary:session:f31190817143a3ef false", "summary:session:f31190817143a3ef true");
    assertThat(talk.lastTold()).containsExactly("Be brief.", "Hello", "[Hello]", "And now?");
  }

  @Test
  void aSummaryLeavesOutTheTurnThatRuns() throws LlmException {
    talk.open("c1");
    assertThat(talk.conversations.summarize("c1", talk.call())).isEmpty();
    talk.turn("c1", "t1", "Hello");
    try (EventStream<TurnEvent> running = talk.begin("c1", "t2", "More")) {
      assertThat(talk.conversations.summarize("c1", talk.call()).orElseThrow().covered())
          .isEqualTo(2);
      assertThat(report(drain(running)).turn()).isEqualTo("t2");
    }
    List<String> asked =
        talk.talker.summaries().getLast().messages().stream().map(Message::text).toList();
    assertThat(asked.subList(0, 3)).containsExactly("Be brief.", "Hello", "[Hello]");
    assertThat(asked).hasSize(4).doesNotContain("More");
  }

  @Test
  void aSummaryThatFailsLeavesTheConversationAsItWas() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "Hello");
    talk.talker.failSummaries(1);
    assertThat(refusal(() -> talk.conversations.summarize("c1", talk.call())).message())
        .contains("No summary today.");
    assertThat(refusal(() -> talk.conversations.summarize("c2", talk.call())))
        .isInstanceOf(LlmError.NotFound.class);
    assertThat(talk.conversations.summarize("c1", talk.call()).orElseThrow().cached()).isFalse();
    assertThat(answer(talk.turn("c1", "t2", "More"))).isEqualTo("[More]");
  }

  @Test
  @DisplayName("C-2: the client tells when it sends, when it is accepted and what comes")
  void aTurnTellsItsRequestAndItsStream() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "Grüße");
    assertThat(talk.telemetry.trail())
        .containsSubsequence(
            "user_turn_start",
            "request_send",
            "request_accepted",
            "first_token",
            "chunk",
            "chunk",
            "stream_end",
            "user_turn_finish");
    assertThat(talk.telemetry.events("request_send").getFirst().text("model")).contains("m");
    assertThat(
            talk.telemetry.events("chunk").stream()
                .filter(event -> event.logger().equals("llm.client"))
                .map(event -> event.text("size").orElseThrow()))
        .as("bytes of UTF-8")
        .containsExactly("1", "8");
  }

  @Test
  void aTurnThatBrokeOffBeforeARefusedOneIsNotToldTwice() throws LlmException {
    talk.open("c1");
    talk.talker.breakNext(BROKEN);
    talk.turn("c1", "t1", "one");
    talk.talker.refuseNext(BROKEN);
    refusal(() -> talk.begin("c1", "t2", "two"));

    assertThat(refusal(() -> talk.begin("c1", "t1", "one"))).isInstanceOf(LlmError.Conflict.class);
    talk.turn("c1", "t3", "three");
    List<String> inMemory = talk.lastTold();
    talk.restart();
    talk.turn("c1", "t4", "four");
    assertThat(talk.lastTold()).startsWith(inMemory.toArray(String[]::new));
  }

  @Test
  void aStreamThatNobodyClosesEndsWithItsCall() throws LlmException {
    talk.open("c1");
    try (CallScope call = talk.call()) {
      talk.conversations.turn("c1", Optional.of("t1"), "one", call).next();
    }
    await(() -> talk.telemetry.events("user_turn_finish").size() == 1);

    assertThat(answer(talk.turn("c1", "t2", "two"))).isEqualTo("[two]");
  }
}

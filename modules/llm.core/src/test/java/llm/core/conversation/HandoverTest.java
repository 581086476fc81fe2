package llm.core.conversation;

import static llm.core.conversation.ConversationFixture.await;
import static llm.core.conversation.ConversationFixture.report;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.core.testkit.Gate;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.error.LlmException;
import llm.domain.service.TokenEstimator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("C-5: a conversation of 200 turns in a small window")
@Timeout(60)
class HandoverTest {
  private static final int WINDOW = 2_048;
  private static final Pattern QUESTION = Pattern.compile("question (\\d+) ");
  private static final String WORDS = "so many words ".repeat(6);

  private final ConversationFixture talk = new ConversationFixture(WINDOW);

  @AfterEach
  void close() {
    talk.close();
  }

  private TurnReport turn(int number) throws LlmException {
    return report(talk.turn("c1", "t" + number, "question " + number + " " + WORDS));
  }

  private int events(String name) {
    return talk.telemetry.events(name).size();
  }

  /** Waits until no warm-up is under way. */
  private void awaitWarmUp() {
    await(() -> events("warmup_ready") + events("warmup_failed") == events("warmup_start"));
  }

  private static int number(Message message) {
    Matcher found = QUESTION.matcher(message.text());
    return found.find() ? Integer.parseInt(found.group(1)) : -1;
  }

  @Test
  void whatTheModelIsToldHasNoGapAndFitsTheWindow() throws LlmException {
    talk.open("c1");
    for (int i = 0; i < 200; i++) {
      TurnReport report = turn(i);
      assertThat(report.leftOutMessages()).as("turn %d", i).isZero();
      awaitWarmUp();
    }

    assertThat(events("handover_perform")).isGreaterThan(3);
    assertThat(events("context_hard_stop")).isZero();
    int summarized = 0; // questions that the newest summary stands for
    for (ChatRequest request : talk.talker.turns()) {
      List<Message> told = request.messages();
      assertThat(new TokenEstimator().countPrompt(request)).isLessThanOrEqualTo(WINDOW * 3 / 4);
      if (told.getFirst().text().contains("Summary to: ")) {
        summarized = number(told.getFirst()) + 1;
      }
      assertThat(number(told.get(1))).as("no gap").isLessThanOrEqualTo(summarized);
      int expected = number(told.get(1));
      for (int i = 1; i < told.size(); i++) {
        assertThat(number(told.get(i))).isEqualTo(expected);
        expected += i % 2 == 0 ? 1 : 0;
      }
    }
    assertThat(number(talk.talker.turns().getLast().messages().getLast())).isEqualTo(199);
  }

  @Test
  void noTurnWaitsForAWarmUp() throws LlmException {
    talk.open("c1");
    Gate never = talk.talker.holdSummaries();
    int leftOut = 0;
    for (int i = 0; i < 200; i++) {
      leftOut += turn(i).leftOutMessages() > 0 ? 1 : 0;
    }

    assertThat(events("user_turn_finish")).isEqualTo(200);
    assertThat(events("warmup_start")).isEqualTo(1);
    assertThat(leftOut).isGreaterThan(100);
    assertThat(events("context_hard_stop")).isEqualTo(leftOut);
    never.open();
    awaitWarmUp();
    int more = 200; // a summary of a window's worth at a time
    while (turn(more).leftOutMessages() > 0) {
      awaitWarmUp();
      assertThat(++more).as("summaries catch up with what was left out").isLessThan(240);
    }
  }

  @Test
  void aWarmUpThatFailsHurtsNoTurnAndIsTriedAgain() throws LlmException {
    talk.open("c1");
    talk.talker.failSummaries(2);
    for (int i = 0; i < 60; i++) {
      assertThat(turn(i).finish()).isPresent();
      awaitWarmUp();
      talk.clock.advance(Duration.ofSeconds(4));
    }

    assertThat(events("warmup_failed")).isEqualTo(2);
    assertThat(events("handover_perform")).isPositive();
  }

  @Test
  void theReportTellsTheHandoverAndTheRatioFallsWithIt() throws LlmException {
    talk.open("c1");
    TurnReport last = turn(0);
    double full = 0;
    for (int i = 1; last.handoverMs().isEmpty(); i++) {
      full = last.contextRatioAfter();
      awaitWarmUp();
      last = turn(i);
    }

    assertThat(full).isGreaterThan(0.7);
    assertThat(last.contextRatioAfter()).isLessThan(0.6);
    assertThat(talk.conversations.history("c1", talk.owner(), 0, 1_000).toString())
        .contains("HandedOver[summary=Summary to: [question");
  }

  @Test
  void afterARestartTheConversationGoesOnFromTheNewestSummary() throws LlmException {
    talk.open("c1");
    for (int i = 0; events("handover_perform") == 0; i++) {
      turn(i);
      awaitWarmUp();
    }
    turn(500);
    List<Message> before = talk.talker.turns().getLast().messages();
    talk.restart();
    turn(501);

    List<Message> after = talk.talker.turns().getLast().messages();
    assertThat(after.subList(0, before.size())).isEqualTo(before);
    assertThat(after).hasSize(before.size() + 2);
  }

  @Test
  void aTalkThatGoesTheSameWayAgainFindsItsSummaryInTheCache() throws LlmException {
    talk.open("c1");
    int next = 0;
    while (events("warmup_ready") == 0) {
      turn(next++);
      awaitWarmUp();
    }
    talk.restart(); // before the handover: what was made ready is lost with the process
    turn(next);
    await(() -> events("warmup_ready") == 2);
    assertThat(talk.talker.summaries()).hasSize(1);

    assertThat(talk.telemetry.events("summary_cache_check"))
        .extracting(event -> event.fields().get("hit"))
        .containsExactly(false, true);
    assertThat(talk.telemetry.events("summary_cache_save")).hasSize(1);
    assertThat(talk.telemetry.events("summary_cache_save").getFirst().fields())
        .containsKeys("key", "bytes", "latency_ms");
  }
}

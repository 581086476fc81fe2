package llm.core.conversation;

import static llm.core.conversation.ConversationFixture.answer;
import static llm.core.conversation.ConversationFixture.await;
import static llm.core.conversation.ConversationFixture.drain;
import static llm.core.conversation.ConversationFixture.report;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llm.domain.chat.ChatRequest;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("C-5: a prompt that its provider finds too long is asked again with less")
@Timeout(60)
class ShorterTurnsTest {
  private static final String WORDS = "so many words ".repeat(8);

  private final ConversationFixture talk = new ConversationFixture(2_048);

  @AfterEach
  void close() {
    talk.close();
  }

  private List<TurnEvent> turn(int number) throws LlmException {
    return talk.turn("c1", "t" + number, "question " + number + " " + WORDS);
  }

  private int events(String name) {
    return talk.telemetry.events(name).size();
  }

  private void awaitWarmUp() {
    await(() -> events("warmup_ready") + events("warmup_failed") == events("warmup_start"));
  }

  /** So many turns that the next prompt is short by our count and too long by the provider's. */
  private void talkBefore(int times) throws LlmException {
    talk.open("c1");
    for (int i = 0; i < 10; i++) {
      turn(i);
    }
    talk.talker.countsTimes(times);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aProviderThatAcceptsAndThenRefusesIsAskedAgain(boolean counts) throws LlmException {
    talkBefore(4);
    talk.talker.refusesInStream(counts);
    int asked = talk.talker.turns().size();
    List<TurnEvent> events = turn(10);

    assertThat(events.getFirst()).isInstanceOf(TurnEvent.Started.class);
    assertThat(events).filteredOn(TurnEvent.Started.class::isInstance).hasSize(1);
    assertThat(answer(events)).startsWith("[question 10 ");
    assertThat(report(events).leftOutMessages()).isPositive();
    List<ChatRequest> requests = talk.talker.turns().subList(asked, talk.talker.turns().size());
    assertThat(requests).hasSizeBetween(2, 5);
    assertThat(requests.getLast().messages())
        .hasSizeLessThan(requests.getFirst().messages().size());
    assertThat(events("context_hard_stop")).isEqualTo(requests.size() - 1);
  }

  @Test
  void theTurnIsGivenOutBeforeItIsKnownWhetherItIsTooLong() throws LlmException {
    talkBefore(4);
    talk.talker.refusesInStream(true);
    int asked = talk.talker.turns().size();
    try (var stream = talk.begin("c1", "t10", "question 10 " + WORDS)) {
      assertThat(talk.talker.turns()).hasSize(asked + 1);
      assertThat(stream.next()).isInstanceOf(TurnEvent.Started.class);
      assertThat(drain(stream).getLast()).isInstanceOf(TurnEvent.Finished.class);
    }
  }

  @Test
  void theTurnsBehindItAreCountedAsTheProviderCounts() throws LlmException {
    talkBefore(4);
    talk.talker.refusesInStream(true);
    turn(10);
    for (int i = 11; i < 30; i++) {
      int asked = talk.talker.turns().size();
      awaitWarmUp();
      assertThat(answer(turn(i))).startsWith("[question " + i + " ");
      assertThat(talk.talker.turns()).as("turn %d is asked once", i).hasSize(asked + 1);
    }
    assertThat(events("handover_perform")).isPositive();
  }

  @Test
  void whatWasCountedIsKnownAfterARestart() throws LlmException {
    talk.talker.countsTimes(3);
    talk.talker.refusesInStream(true);
    talk.open("c1");
    double ratio = 0;
    for (int i = 0; i < 4; i++) {
      ratio = report(turn(i)).contextRatioAfter();
    }
    talk.restart();
    List<TurnEvent> next = turn(4);

    assertThat(report(next).contextRatioBefore()).isEqualTo(ratio);
  }

  @Test
  void whatWasCountedBeforeAHandoverIsKnownToo() throws LlmException {
    talk.talker.countsTimes(3);
    talk.talker.refusesInStream(true);
    talk.open("c1");
    int i = 0;
    while (events("handover_perform") == 0) {
      awaitWarmUp();
      turn(i++);
    }
    awaitWarmUp();
    double ratio = report(turn(i++)).contextRatioAfter();
    awaitWarmUp();
    talk.restart();

    assertThat(report(turn(i)).contextRatioBefore()).isEqualTo(ratio);
  }

  @Test
  void oneThatIsTooLongWhateverIsLeftOutFails() throws LlmException {
    talkBefore(1_000);
    talk.talker.refusesInStream(true);
    var end = (TurnEvent.Failed) turn(10).getLast();

    assertThat(end.error().code().wireName()).isEqualTo("context_length_exceeded");
    talk.talker.countsTimes(1);
    assertThat(answer(turn(11))).startsWith("[question 11 ");
  }
}

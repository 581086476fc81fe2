package llm.core.conversation;

import static llm.core.conversation.ConversationFixture.BROKEN;
import static llm.core.conversation.ConversationFixture.answer;
import static llm.core.conversation.ConversationFixture.await;
import static llm.core.conversation.ConversationFixture.drain;
import static llm.core.conversation.ConversationFixture.refusal;
import static llm.core.conversation.ConversationFixture.report;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import llm.core.conversation.ConversationSettings.ConcurrentTurns;
import llm.core.conversation.FlakyLogs.Mood;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.ConversationRecord.Answered;
import llm.core.conversation.record.ConversationRecord.Asked;
import llm.core.testkit.Gate;
import llm.domain.call.EventStream;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("C-6: conversations whose store goes away and comes back")
@Timeout(120)
class ConversationStoreTest {
  private ConversationFixture talk = new ConversationFixture(8_000);

  @AfterEach
  void close() {
    talk.logs.is(Mood.FINE);
    talk.close();
  }

  /** What was asked and answered, as the store has it. */
  private List<String> kept(String id) throws LlmException {
    List<String> texts = new ArrayList<>();
    for (ConversationRecord record : talk.conversations.history(id, talk.owner(), 0, 100_000)) {
      switch (record) {
        case Asked asked -> texts.add(asked.text());
        case Answered answered -> texts.add(answered.text());
        default -> {
          // not said by anybody
        }
      }
    }
    return texts;
  }

  @ParameterizedTest
  @EnumSource(names = {"AWAY", "MUTE"})
  void aStoreLostInTheMiddleOfATurnCostsItItsDurabilityAndNothingElse(Mood mood)
      throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "one");
    Gate gate = talk.talker.holdNextAnswer();
    EventStream<TurnEvent> stream = talk.begin("c1", "t2", "two");
    stream.next();
    talk.logs.is(mood);
    gate.open();

    List<TurnEvent> rest = drain(stream);

    assertThat(report(rest).durable()).isFalse();
    assertThat(report(talk.turn("c1", "t3", "three")).durable()).isFalse();
    assertThat(talk.telemetry.events("store_behind")).isNotEmpty();
    talk.logs.is(Mood.FINE);
    talk.clock.advance(Duration.ofSeconds(1));
    await(() -> !talk.telemetry.events("store_caught_up").isEmpty());
    assertThat(kept("c1")).containsExactly("one", "[one]", "two", "[two]", "three", "[three]");
    assertThat(report(talk.turn("c1", "t4", "four")).durable()).isTrue();
    talk.restart();
    talk.turn("c1", "t5", "five");
    assertThat(talk.lastTold())
        .containsExactly(
            "Be brief.",
            "one",
            "[one]",
            "two",
            "[two]",
            "three",
            "[three]",
            "four",
            "[four]",
            "five");
  }

  @Test
  void aConversationThatIsNotInMemoryNeedsItsStore() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "one");
    talk.restart();
    talk.logs.is(Mood.AWAY);

    LlmError refused = refusal(() -> talk.turn("c1", "t2", "two"));

    assertThat(refused).isInstanceOf(LlmError.StoreUnavailable.class);
    talk.logs.is(Mood.FINE);
    assertThat(answer(talk.turn("c1", "t2", "two"))).isEqualTo("[two]");
  }

  @Test
  void aTurnWhoseEndWaitsForTheStoreIsNotAnsweredTwice() throws LlmException {
    talk.open("c1");
    talk.logs.is(Mood.AWAY);
    talk.turn("c1", "t1", "one");

    assertThat(refusal(() -> talk.turn("c1", "t1", "one")))
        .isInstanceOf(LlmError.StoreUnavailable.class);
    talk.logs.is(Mood.FINE);
    List<TurnEvent> again = talk.turn("c1", "t1", "one");

    assertThat(again.getFirst()).isEqualTo(new TurnEvent.Started("c1", "t1", true));
    assertThat(talk.talker.turns()).hasSize(1);
    assertThat(kept("c1")).containsExactly("one", "[one]");
  }

  @Test
  void whatWaitsForTheStoreIsBounded() throws LlmException {
    talk.close();
    talk =
        new ConversationFixture(
            80_000, ConversationFixture.settings(ConcurrentTurns.REJECT, 10, 20_000));
    talk.open("c1");
    talk.turn("c1", "t0", "zero");
    talk.logs.is(Mood.AWAY);
    int done = 0;
    LlmError refused = null;
    while (refused == null && done < 100) {
      try {
        talk.turn("c1", "t" + ++done, "x".repeat(500));
      } catch (LlmException failure) {
        refused = failure.error();
      }
    }

    assertThat(refused).isInstanceOf(LlmError.StoreUnavailable.class);
    assertThat(done).isBetween(3, 12);
    talk.logs.is(Mood.FINE);
    talk.clock.advance(Duration.ofSeconds(1));
    await(() -> !talk.telemetry.events("store_caught_up").isEmpty());
    assertThat(kept("c1")).as("what was waiting was not given up").hasSize(2 * done);
    talk.turn("c1", "last", "last");
    assertThat(talk.lastTold()).hasSize(2 * done + 2);
    assertThat(talk.telemetry.metrics().prometheusText())
        .containsPattern("llm_conversation_backlog_bytes \\d+");
  }

  @Test
  void aFullStoreTakesNoNewTurnAndLosesNoneThatHasBegun() throws LlmException {
    talk.open("c1");
    Gate gate = talk.talker.holdNextAnswer();
    EventStream<TurnEvent> stream = talk.begin("c1", "t1", "one");
    stream.next();
    talk.logs.is(Mood.FULL);
    gate.open();

    assertThat(report(drain(stream)).durable()).isFalse();
    assertThat(talk.telemetry.events("turn_not_kept")).isEmpty();
    talk.logs.is(Mood.FINE);
    assertThat(report(talk.turn("c1", "t2", "two")).durable()).isTrue();
    talk.logs.is(Mood.FULL);
    assertThat(refusal(() -> talk.turn("c1", "t3", "three")))
        .isInstanceOf(LlmError.StoreUnavailable.class);
    talk.logs.is(Mood.FINE);
    talk.restart();
    talk.turn("c1", "t4", "four");
    assertThat(talk.lastTold())
        .containsExactly("Be brief.", "one", "[one]", "two", "[two]", "four");
  }

  @Test
  void whatIsLargerThanTheStoreTakesIsRefusedAndNothingElseSuffers() throws LlmException {
    talk.close();
    talk = new ConversationFixture(40_000_000);
    talk.open("c1");
    String large = "x".repeat(9 << 20);

    assertThat(refusal(() -> talk.turn("c1", "t1", large)))
        .isInstanceOf(LlmError.InvalidRequest.class);
    talk.logs.is(Mood.AWAY);
    talk.turn("c1", "t2", "two");
    assertThat(refusal(() -> talk.turn("c1", "t3", large)))
        .isInstanceOf(LlmError.InvalidRequest.class);
    talk.logs.is(Mood.FINE);
    talk.turn("c1", "t4", "four");
    assertThat(kept("c1")).containsExactly("two", "[two]", "four", "[four]");
  }

  @Test
  void whatWaitsIsWrittenBeforeTheProcessEndsIfTheStoreIsBack() throws LlmException {
    talk.open("c1");
    talk.logs.is(Mood.AWAY);
    assertThat(report(talk.turn("c1", "t1", "one")).durable()).isFalse();
    talk.logs.is(Mood.FINE);

    talk.conversations.close();

    talk.restart();
    assertThat(kept("c1")).containsExactly("one", "[one]");
  }

  @Test
  void aConversationThatAnotherProcessWroteToIsReadAgain() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "one");
    Conversations first = talk.conversations;
    talk.startAnother();
    talk.turn("c1", "t2", "two");
    Conversations second = talk.conversations;
    talk.conversations = first;

    LlmError refused = refusal(() -> talk.turn("c1", "t3", "three"));
    assertThat(refused)
        .isEqualTo(new LlmError.Conflict("Conversation c1 went on elsewhere; ask again."));
    assertThat(answer(talk.turn("c1", "t3", "three"))).isEqualTo("[three]");
    assertThat(kept("c1")).containsExactly("one", "[one]", "two", "[two]", "three", "[three]");
    second.close();
  }

  /**
   * Any turn may meet a store that is away, or does not say what it did, a model that fails, a
   * process that is replaced. A turn that ended well and durably is kept once, in its place.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 24, 38})
  void whateverFailsNoAcknowledgedTurnIsLostOrDoubled(long seed) throws LlmException {
    var random = new Random(seed);
    talk.open("c1");
    Map<String, String> durable = new LinkedHashMap<>();
    for (int i = 0; i < 150; i++) {
      talk.logs.is(moods(random));
      String turn = "t" + i;
      String text = "say " + i;
      for (int attempt = 0; attempt < 4; attempt++) {
        if (random.nextInt(6) == 0) {
          talk.talker.refuseNext(new LlmError.ProviderFailed("talker", "No."));
        }
        if (random.nextInt(10) == 0) {
          talk.talker.breakNext(BROKEN);
        }
        try {
          List<TurnEvent> events = talk.turn("c1", turn, text);
          if (events.getLast() instanceof TurnEvent.Finished(TurnReport report)) {
            assertThat(answer(events)).as("seed %d", seed).isEqualTo("[" + text + "]");
            if (report.durable()) {
              durable.put(turn, text);
            }
            break;
          }
        } catch (LlmException refused) {
          // tried again, as a client would
        }
      }
      if (random.nextInt(8) == 0) {
        talk.restart(); // what waited for the store is lost, and was not said to be durable
      }
      talk.clock.advance(Duration.ofMillis(random.nextInt(1_500)));
    }
    talk.logs.is(Mood.FINE);
    talk.clock.advance(Duration.ofSeconds(2));
    talk.restart();
    checkKept(durable, seed);
    talk.talker.refuseNext(null);
    talk.talker.breakNext(null);
    talk.turn("c1", "last", "last");
    List<String> told = talk.lastTold();
    for (String text : durable.values()) {
      assertThat(told).as("seed %d", seed).containsOnlyOnce(text, "[" + text + "]");
    }
  }

  private void checkKept(Map<String, String> durable, long seed) throws LlmException {
    Map<String, Integer> answers = new LinkedHashMap<>();
    for (ConversationRecord record : talk.conversations.history("c1", talk.owner(), 0, 100_000)) {
      if (record instanceof Answered said && said.finish().isPresent()) {
        answers.merge(said.turn(), 1, Integer::sum);
      }
    }
    for (String turn : durable.keySet()) {
      assertThat(answers.get(turn)).as("seed %d turn %s", seed, turn).isEqualTo(1);
    }
    assertThat(durable.size()).as("seed %d: most turns went well", seed).isGreaterThan(50);
  }

  private static Supplier<Mood> moods(Random random) {
    int bad = random.nextInt(3) == 0 ? 3 : 50;
    return () -> {
      synchronized (random) {
        return random.nextInt(bad) == 0 ? random.nextBoolean() ? Mood.AWAY : Mood.MUTE : Mood.FINE;
      }
    };
  }
}

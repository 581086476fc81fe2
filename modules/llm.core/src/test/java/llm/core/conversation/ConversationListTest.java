package llm.core.conversation;

import static llm.core.conversation.ConversationFixture.BROKEN;
import static llm.core.conversation.ConversationFixture.answer;
import static llm.core.conversation.ConversationFixture.drain;
import static llm.core.conversation.ConversationFixture.refusal;
import static llm.core.conversation.ConversationFixture.report;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.conversation.ConversationSettings.ConcurrentTurns;
import llm.core.conversation.Conversations.Opening;
import llm.core.conversation.record.ConversationRecord;
import llm.core.testkit.Gate;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("C-6: conversations that are listed, read and deleted")
@Timeout(60)
class ConversationListTest {
  private ConversationFixture talk = new ConversationFixture(8_000);

  @AfterEach
  void close() {
    talk.close();
  }

  @Test
  void nobodySeesAnothersConversation() throws LlmException {
    talk.open("c1");
    var other = new Principal("other");

    assertThat(talk.conversations.find("c1", other)).isEmpty();
    assertThat(talk.conversations.list(Optional.empty(), 10, talk.callOf(other)).conversations())
        .isEmpty();
    assertThat(talk.conversations.delete("c1", other)).isFalse();
    assertThat(refusal(() -> talk.conversations.history("c1", other, 0, 10)))
        .isEqualTo(new LlmError.NotFound("conversation", "c1"));
    assertThat(refusal(() -> talk.turn("nope", "t1", "hi")))
        .isEqualTo(new LlmError.NotFound("conversation", "nope"));
    assertThat(refusal(() -> talk.turn("../etc", "t1", "hi")))
        .isEqualTo(new LlmError.NotFound("conversation", "../etc"));
  }

  @Test
  void badWordsAreRefusedWithWhereTheyStand() throws LlmException {
    talk.open("c1");
    talk.clock.advance(Duration.ofMillis(1));
    talk.open("c1"); // the answer to the first try may have been lost

    assertThat(refusal(() -> talk.open("c1", true))).isInstanceOf(LlmError.Conflict.class);
    assertThat(refusal(() -> talk.open("a b")).message()).startsWith("id must match");
    assertThat(refusal(() -> talk.turn("c1", "a/b", "hi")).message())
        .startsWith("turn_id must match");
    assertThat(refusal(() -> talk.turn("c1", "t", " ")).message())
        .isEqualTo("text must not be blank");
    assertThat(refusal(() -> talk.turn("c1", "t", "a\uD83D b")).message())
        .isEqualTo("text has half of a surrogate pair at 1; send whole characters");
    assertThat(refusal(() -> talk.turn("c1", "t", "\uDE00")).message())
        .startsWith("text has half of a surrogate pair at 0");
    var unknown = new Opening(Optional.empty(), Optional.of("nope"), Optional.empty(), false);
    assertThat(refusal(() -> talk.conversations.open(unknown, talk.call())))
        .isEqualTo(new LlmError.ModelNotFound("nope"));
    var wordy =
        new Opening(Optional.empty(), Optional.empty(), Optional.of("x".repeat(40_000)), false);
    assertThat(refusal(() -> talk.conversations.open(wordy, talk.call())))
        .isInstanceOf(LlmError.ContextLengthExceeded.class);
    assertThat(refusal(() -> talk.turn("c1", "t1", "x".repeat(40_000))))
        .isInstanceOf(LlmError.ContextLengthExceeded.class);
    talk.turn("c1", "t1", "short 🙂");
    assertThat(talk.lastTold()).containsExactly("Be brief.", "short 🙂");
    assertThat(refusal(() -> talk.open("c1"))).isInstanceOf(LlmError.Conflict.class);
  }

  @Test
  void conversationsAreListedInPagesAndDeletedForGood() throws LlmException {
    for (int i = 0; i < 25; i++) {
      talk.open("c%02d".formatted(i));
    }
    talk.turn("c07", "t1", "one");

    var part = talk.conversations.list(Optional.of("c04"), 5, talk.call());
    assertThat(part.next()).contains("c09");
    List<ConversationInfo> page = part.conversations();
    assertThat(page)
        .extracting(info -> info.identity().id())
        .containsExactly("c05", "c06", "c07", "c08", "c09");
    assertThat(page.get(2).turns()).isEqualTo(1);
    assertThat(talk.conversations.delete("c07", talk.owner())).isTrue();
    assertThat(talk.conversations.find("c07", talk.owner())).isEmpty();
    assertThat(refusal(() -> talk.turn("c07", "t2", "two"))).isInstanceOf(LlmError.NotFound.class);
    assertThat(talk.conversations.delete("c07", talk.owner())).isFalse();
  }

  @Test
  void aConversationThatIsDeletedInTheMiddleOfATurnStaysDeleted() throws LlmException {
    talk.open("c1");
    Gate gate = talk.talker.holdNextAnswer();
    EventStream<TurnEvent> stream = talk.begin("c1", "t1", "one");
    stream.next();

    talk.conversations.delete("c1", talk.owner());
    gate.open();
    List<TurnEvent> rest = drain(stream);

    assertThat(report(rest).durable()).isFalse();
    assertThat(talk.conversations.find("c1", talk.owner())).isEmpty();
  }

  @Test
  void withMoreThanMayStayInMemoryTheOthersGoOnFromTheStore() throws LlmException {
    talk.close();
    talk =
        new ConversationFixture(
            8_000, ConversationFixture.settings(ConcurrentTurns.REJECT, 4, 1 << 20));
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 20; i++) {
        String id = "c" + i;
        if (round == 0) {
          talk.open(id);
        }
        talk.turn(id, "t" + round, "round " + round);
      }
    }

    assertThat(talk.lastTold())
        .containsExactly("Be brief.", "round 0", "[round 0]", "round 1", "[round 1]", "round 2");
    assertThat(talk.telemetry.metrics().prometheusText()).contains("llm_conversations_resident 4");
  }

  @Test
  void historyTellsEverythingInOrder() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "one");

    List<ConversationRecord> all = talk.conversations.history("c1", talk.owner(), 0, 100);

    assertThat(all.get(0)).isInstanceOf(ConversationRecord.Created.class);
    assertThat(all.get(1)).isEqualTo(new ConversationRecord.Asked("t1", "one", all.get(1).at()));
    assertThat(((ConversationRecord.Answered) all.get(2)).text()).isEqualTo("[one]");
    assertThat(talk.conversations.history("c1", talk.owner(), 1, 1)).containsExactly(all.get(1));
  }

  @Test
  void anAnswerOfADeletedConversationIsNotWrittenIntoANewOneOfItsId() throws LlmException {
    talk.open("c1");
    Gate gate = talk.talker.holdNextAnswer();
    EventStream<TurnEvent> old = talk.begin("c1", "t1", "one");
    old.next();
    talk.conversations.delete("c1", talk.owner());
    talk.open("c1");
    talk.talker.breakNext(BROKEN);
    talk.turn("c1", "t9", "new");

    gate.open();
    drain(old);

    assertThat(talk.conversations.history("c1", talk.owner(), 0, 99).toString())
        .doesNotContain("[one]");
    assertThat(answer(talk.turn("c1", "t9", "new"))).isEqualTo("[new]");
    assertThat(talk.lastTold()).containsExactly("Be brief.", "new");
  }

  @Test
  void aDeletedConversationsSummaryIsForgotten() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "one");
    talk.conversations.summarize("c1", talk.call());
    talk.conversations.delete("c1", talk.owner());
    talk.open("c1");
    talk.turn("c1", "t1", "one");

    assertThat(talk.conversations.summarize("c1", talk.call()).orElseThrow().cached()).isFalse();
  }

  @Test
  void aListOfFewAmongManyEndsEarlyAndSaysWhereItGoesOn() throws LlmException {
    for (int i = 0; i < 21_500; i++) {
      talk.openOf(new Principal("other"), "b%05d".formatted(i));
    }
    talk.open("c");

    var first = talk.conversations.list(Optional.empty(), 10, talk.call());
    assertThat(first.conversations()).isEmpty();
    var second = talk.conversations.list(first.next(), 10, talk.call());
    assertThat(second.conversations()).hasSize(1);
    assertThat(second.next()).isEmpty();
  }

  @Test
  void aListEndsWithItsCall() throws LlmException {
    var call = talk.call();
    call.cancel(CancelReason.CLIENT_GONE);

    assertThat(refusal(() -> talk.conversations.list(Optional.empty(), 10, call)))
        .isEqualTo(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
  }

  @Test
  void largeRecordsAreToldAFewAtATime() throws LlmException {
    talk.close();
    talk = new ConversationFixture(40_000_000);
    talk.open("c1");
    for (int i = 0; i < 5; i++) {
      talk.turn("c1", "t" + i, "x".repeat(2 << 20));
    }

    List<ConversationRecord> some = talk.conversations.history("c1", talk.owner(), 0, 1_000);
    assertThat(some).hasSizeBetween(3, 6);
    assertThat(talk.conversations.history("c1", talk.owner(), some.size(), 1)).hasSize(1);
  }
}

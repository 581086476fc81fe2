package llm.core.conversation;

import static llm.core.conversation.ConversationFixture.answer;
import static llm.core.conversation.ConversationFixture.await;
import static llm.core.conversation.ConversationFixture.drain;
import static llm.core.conversation.ConversationFixture.report;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.conversation.FlakyLogs.Mood;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.ConversationRecord.Answered;
import llm.core.conversation.record.ConversationRecord.Asked;
import llm.core.testkit.Gate;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two servers over one store. The first has c1 in memory, three records long, when the second one
 * deletes it and makes another c1, as long.
 */
@DisplayName("C-6: a conversation that another server deleted and began anew is another one")
@Timeout(60)
class ReplacedConversationTest {
  private static final Principal ANOTHER = new Principal("another");
  private static final LlmError REPLACED =
      new LlmError.Conflict("Conversation c1 was deleted and begun anew elsewhere; ask again.");

  private final ConversationFixture talk = new ConversationFixture(8_000);
  private Conversations first;
  private Conversations second;

  @BeforeEach
  void bothServe() throws LlmException {
    talk.open("c1");
    talk.turn("c1", "t1", "old");
    first = talk.conversations;
    talk.startAnother();
    second = talk.conversations;
  }

  @AfterEach
  void close() {
    first.close();
    talk.conversations = second;
    talk.close();
  }

  private interface Action {
    void run() throws LlmException;
  }

  private static LlmError refusal(Action action) {
    return catchThrowableOfType(LlmException.class, action::run).error();
  }

  /** On the second server; on the first one from then on. */
  private void replace(Principal owner) throws LlmException {
    talk.conversations = second;
    second.delete("c1", talk.owner());
    talk.openOf(owner, "c1");
    drain(second.turn("c1", Optional.of("u1"), "new", talk.callOf(owner)));
    talk.conversations = first;
  }

  /** What was asked and answered, as the store has it. */
  private List<String> kept(Principal owner) throws LlmException {
    return second.history("c1", owner, 0, 100).stream()
        .filter(record -> record instanceof Asked || record instanceof Answered)
        .map(record -> record instanceof Asked asked ? asked.text() : text(record))
        .toList();
  }

  private static String text(ConversationRecord record) {
    return ((Answered) record).text();
  }

  private List<String> lastTold() {
    return talk.talker.turns().getLast().messages().stream().map(Message::text).toList();
  }

  @Test
  void aTurnOfTheOldOneIsRefusedAndTheNextIsOfTheNewOne() throws LlmException {
    replace(talk.owner());

    assertThat(refusal(() -> talk.turn("c1", "t2", "more"))).isEqualTo(REPLACED);

    assertThat(kept(talk.owner())).containsExactly("new", "[new]");
    assertThat(answer(talk.turn("c1", "t2", "more"))).isEqualTo("[more]");
    assertThat(lastTold()).containsExactly("Be brief.", "new", "[new]", "more");
    assertThat(kept(talk.owner())).containsExactly("new", "[new]", "more", "[more]");
  }

  @Test
  void anAnswerThatIsUnderWayIsNotWrittenIntoTheNewOne() throws LlmException {
    Gate gate = talk.talker.holdNextAnswer();
    talk.conversations = first;
    EventStream<TurnEvent> stream = talk.begin("c1", "t2", "more");
    stream.next();
    replace(talk.owner());
    talk.conversations = second;
    talk.turn("c1", "u2", "and"); // as long as the old one with its question
    talk.conversations = first;
    gate.open();

    List<TurnEvent> rest = drain(stream);

    assertThat(report(rest).durable()).as("the caller is told").isFalse();
    assertThat(talk.telemetry.events("turn_not_kept")).hasSize(1);
    assertThat(kept(talk.owner())).containsExactly("new", "[new]", "and", "[and]");
    talk.turn("c1", "t3", "next");
    assertThat(lastTold()).containsExactly("Be brief.", "new", "[new]", "and", "[and]", "next");
  }

  @Test
  void whatWaitedForTheStoreIsNotWrittenIntoTheNewOne() throws LlmException {
    first.close();
    talk.startAnother(); // whose way to the store can be cut
    first = talk.conversations;
    assertThat(report(talk.turn("c1", "t2", "more")).durable()).isTrue();
    talk.logs.is(Mood.AWAY);
    assertThat(report(talk.turn("c1", "t3", "waits")).durable()).isFalse();
    replace(talk.owner());
    talk.conversations = second;
    talk.turn("c1", "u2", "and"); // as long as the old one
    talk.logs.is(Mood.FINE);
    talk.clock.advance(Duration.ofSeconds(1));

    await(() -> !talk.telemetry.events("turn_not_kept").isEmpty());

    assertThat(kept(talk.owner())).containsExactly("new", "[new]", "and", "[and]");
  }

  @Test
  void aTurnThatIsSentAgainIsNotToldFromAnother() throws LlmException {
    replace(talk.owner());

    assertThat(refusal(() -> talk.turn("c1", "t1", "old"))).isEqualTo(REPLACED);

    List<TurnEvent> again = talk.turn("c1", "u1", "new");
    assertThat(again.getFirst()).isEqualTo(new TurnEvent.Started("c1", "u1", true));
    assertThat(talk.talker.turns()).hasSize(2);
  }

  @Test
  void whatIsShownIsOfTheNewOne() throws LlmException {
    Gate gate = talk.talker.holdNextAnswer();
    talk.conversations = first;
    EventStream<TurnEvent> stream = talk.begin("c1", "t2", "more");
    replace(talk.owner());

    ConversationInfo info = first.find("c1", talk.owner()).orElseThrow();
    assertThat(info.runningTurn()).as("of the old one").isEmpty();
    assertThat(info.turns()).isEqualTo(1);
    assertThat(first.history("c1", talk.owner(), 0, 9))
        .isEqualTo(second.history("c1", talk.owner(), 0, 9));
    gate.open();
    drain(stream);
  }

  @Test
  void aSummaryIsOfTheNewOne() throws LlmException {
    replace(talk.owner());

    first.summarize("c1", talk.call());

    List<Message> asked = talk.talker.summaries().getLast().messages();
    assertThat(asked).extracting(Message::text).contains("new").doesNotContain("old");
  }

  @Test
  void itsNewOwnerFindsItAndTheOldOneDoesNot() throws LlmException {
    replace(ANOTHER);

    drain(first.turn("c1", Optional.of("u2"), "mine", talk.callOf(ANOTHER)));

    assertThat(lastTold()).containsExactly("Be brief.", "new", "[new]", "mine");
    assertThat(refusal(() -> talk.turn("c1", "t2", "more")))
        .isEqualTo(new LlmError.NotFound("conversation", "c1"));
    assertThat(first.delete("c1", talk.owner())).isFalse();
    assertThat(kept(ANOTHER)).containsExactly("new", "[new]", "mine", "[mine]");
  }

  @Test
  void oneThatWasDeletedElsewhereIsGoneHereTooAndItsNameIsFree() throws LlmException {
    second.delete("c1", talk.owner());
    talk.conversations = first;

    assertThat(refusal(() -> talk.turn("c1", "t2", "more")))
        .isEqualTo(new LlmError.NotFound("conversation", "c1"));

    talk.open("c2");
    second.delete("c2", talk.owner());
    talk.open("c2");
    assertThat(second.find("c2", talk.owner())).isPresent();
  }
}

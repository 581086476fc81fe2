package llm.core.conversation;

import static llm.core.conversation.ConversationFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import llm.core.testkit.Gate;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("C-5: what a model keeps for the next context")
@Timeout(60)
class KeptPrefixTest {
  private static final String WORDS = "so many words ".repeat(12);

  private final ConversationFixture talk = new ConversationFixture(2_048);
  private final KeepingWarmer warmer = talk.talker.keepsPrefixes();

  @AfterEach
  void close() {
    talk.close();
  }

  private int events(String name) {
    return talk.telemetry.events(name).size();
  }

  private void awaitWarmUp() {
    await(() -> events("warmup_ready") + events("warmup_failed") == events("warmup_start"));
  }

  /** Talks until the next turn runs in a new context; its number. */
  private int talkBeforeHandover() throws LlmException {
    talk.open("c1");
    int next = 0;
    double ratio = 0;
    while (ratio < 0.75) {
      ratio = ConversationFixture.report(turn(next++)).contextRatioAfter();
      awaitWarmUp();
    }
    assertThat(events("handover_perform")).isZero();
    Message last = talk.talker.turns().getLast().messages().getLast();
    await(() -> warmer.asked().getLast().messages().contains(last)); // all that was said is read
    await(() -> events("warm_prefix_ended") == warmer.asked().size() - 1);
    return next;
  }

  private List<TurnEvent> turn(int number) throws LlmException {
    return talk.turn("c1", "t" + number, "question " + number + " " + WORDS);
  }

  @Test
  void itIsKeptUntilTheTurnThatUsesItHasItsFirstToken() throws LlmException {
    int next = talkBeforeHandover();
    assertThat(warmer.kept()).hasSize(1);
    Gate held = talk.talker.holdNextAnswer();
    try (var stream = talk.begin("c1", "t" + next, "question " + WORDS)) {
      assertThat(events("handover_perform")).isEqualTo(1);
      assertThat(talk.talker.turns().getLast().messages())
          .startsWith(warmer.asked().getFirst().messages().toArray(Message[]::new));
      assertThat(stream.next()).isInstanceOf(TurnEvent.Started.class);
      assertThat(warmer.kept()).as("the model has not answered").hasSize(1);

      assertThat(stream.next()).isInstanceOf(TurnEvent.Chunk.class);
      assertThat(warmer.kept()).isEmpty();
      held.open();
      ConversationFixture.drain(stream);
    }
  }

  @Test
  void itFollowsTheTalkUntilItIsUsed() throws LlmException {
    int next = talkBeforeHandover();
    List<ChatRequest> asked = warmer.asked();
    assertThat(asked.getLast().messages())
        .startsWith(asked.getFirst().messages().toArray(Message[]::new))
        .hasSizeGreaterThan(asked.getFirst().messages().size());
    assertThat(asked.getLast().priority()).isEqualTo(Priority.BACKGROUND);
    turn(next);

    assertThat(events("handover_perform")).isEqualTo(1);
    assertThat(talk.talker.turns().getLast().messages())
        .as("only the question was not read before")
        .startsWith(warmer.asked().getLast().messages().toArray(Message[]::new))
        .hasSize(warmer.asked().getLast().messages().size() + 1);
  }

  @Test
  void oneThatIsReadOnWhenItIsInUseIsLetGo() throws LlmException {
    talk.open("c1");
    int next = 0;
    while (events("warmup_ready") == 0) {
      turn(next++);
      awaitWarmUp();
    }
    Gate held = warmer.holdNext();
    turn(next++);
    assertThat(events("handover_perform")).isZero();
    await(() -> warmer.asked().size() == 2); // and the second is held
    while (events("handover_perform") == 0) {
      turn(next++);
    }
    held.open();

    await(() -> warmer.kept().isEmpty());
  }

  @Test
  void itIsLetGoWhenThatTurnEndsWithoutAnAnswer() throws LlmException {
    int next = talkBeforeHandover();
    talk.talker.refuseNext(new LlmError.ProviderFailed("talker", "No."));
    try {
      turn(next);
    } catch (LlmException refused) {
      assertThat(refused.error()).isInstanceOf(LlmError.ProviderFailed.class);
    }

    assertThat(events("handover_perform")).isEqualTo(1);
    assertThat(warmer.kept()).isEmpty();
  }

  @Test
  void itTakesNoPlaceOfTheOwnersAndIsNotInItsList() throws LlmException {
    talkBeforeHandover();

    assertThat(talk.gateway.warmPrefixes().of(talk.owner())).isEmpty();
    var mine = ChatRequest.of(new ModelName("m"), List.of(Message.user("mine")));
    for (int i = 0; i < 8; i++) {
      talk.gateway.warmPrefixes().warm(mine, Duration.ofMinutes(1), talk.call());
    }
    assertThat(talk.gateway.warmPrefixes().of(talk.owner())).hasSize(8);
    assertThat(warmer.kept()).hasSize(9);
  }

  @Test
  void oneThatIsReadWhenNobodyWantsItAnyMoreIsLetGo() throws LlmException {
    Gate held = warmer.holdNext();
    talk.open("c1");
    for (int i = 0; warmer.asked().isEmpty(); i++) {
      turn(i);
      if (events("warmup_start") > 0) {
        await(() -> !warmer.asked().isEmpty());
      }
    }
    talk.conversations.delete("c1", talk.owner());
    assertThat(warmer.kept()).isEmpty();
    held.open();

    await(() -> events("warm_prefix_ended") == 1);
    assertThat(warmer.kept()).isEmpty();
  }
}

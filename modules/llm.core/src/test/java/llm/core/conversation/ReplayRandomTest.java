package llm.core.conversation;

import static llm.core.conversation.ConversationFixture.await;
import static llm.core.conversation.ConversationFixture.drain;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.Replay;
import llm.domain.call.EventStream;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Turns that go well, break off, are refused, closed early and repeated, handovers and restarts in
 * between: at each turn the model is told what the records say.
 */
@DisplayName("C-6: what is in memory is what the records come to")
@Timeout(120)
class ReplayRandomTest {
  private static final LlmError NO = new LlmError.ProviderFailed("talker", "No.");
  private static final String WORDS = "so many words ".repeat(5);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void theModelIsToldWhatTheRecordsSay(long seed) throws LlmException {
    var random = new Random(seed);
    try (var talk = new ConversationFixture(2_048)) {
      talk.open("c1");
      int turn = 0;
      for (int i = 0; i < 200; i++) {
        List<Message> kept = replayed(talk);
        int asked = talk.talker.turns().size();
        int changes = changes(talk);
        int op = random.nextInt(10);
        if (op == 0) {
          talk.talker.refuseNext(NO);
        } else if (op < 3) {
          talk.talker.breakNext(NO);
        }
        boolean again = turn > 0 && random.nextInt(4) == 0; // the one before, whatever became of it
        turn += again ? 0 : 1;
        step(talk, "t" + turn, op == 3);
        if (talk.talker.turns().size() > asked) {
          boolean all = changes(talk) == changes;
          checkTold(talk.talker.turns().getLast().messages(), kept, again, all, seed);
        }
        talk.talker.refuseNext(null);
        talk.talker.breakNext(null);
        if (random.nextBoolean()) {
          await(() -> ended(talk, "warmup_start") <= warmUpsEnded(talk));
        }
        if (random.nextInt(12) == 0) {
          await(() -> ended(talk, "warmup_start") <= warmUpsEnded(talk));
          talk.restart();
        }
      }
      assertThat(ended(talk, "handover_perform")).as("seed %d", seed).isGreaterThan(2);
    }
  }

  private static void step(ConversationFixture talk, String turn, boolean closedEarly) {
    int finished = ended(talk, "user_turn_finish");
    try {
      EventStream<TurnEvent> stream = talk.begin("c1", turn, turn + " " + WORDS);
      if (closedEarly && stream.next() instanceof TurnEvent.Started(var _, var _, boolean again)) {
        stream.close();
        await(() -> again || ended(talk, "user_turn_finish") > finished);
        return;
      }
      drain(stream);
    } catch (LlmException refused) {
      assertThat(refused.error())
          .isInstanceOfAny(LlmError.ProviderFailed.class, LlmError.Conflict.class);
    }
  }

  /** The prompt ends with what the records say and the question, less what had no room. */
  private static void checkTold(
      List<Message> told, List<Message> kept, boolean again, boolean all, long seed) {
    List<Message> talk = told.subList(1, told.size() - 1);
    List<Message> expected = kept;
    if (again && kept.size() >= 2 && kept.get(kept.size() - 2).equals(told.getLast())) {
      expected = kept.subList(0, kept.size() - 2); // it broke off, and is told anew
    }
    assertThat(talk.size()).as("seed %d", seed).isLessThanOrEqualTo(expected.size());
    if (all) {
      assertThat(talk).as("seed %d", seed).hasSameSizeAs(expected);
    }
    List<Message> end = expected.subList(expected.size() - talk.size(), expected.size());
    assertThat(talk).as("seed %d", seed).isEqualTo(end);
  }

  private static List<Message> replayed(ConversationFixture talk) throws LlmException {
    List<ConversationRecord> records = talk.conversations.history("c1", talk.owner(), 0, 1_000_000);
    return Replay.of(records).orElseThrow().messages();
  }

  private static int ended(ConversationFixture talk, String event) {
    return talk.telemetry.events(event).size();
  }

  /** Turns that were not told all: in a new context, or with no room for it. */
  private static int changes(ConversationFixture talk) {
    return ended(talk, "handover_perform") + ended(talk, "context_hard_stop");
  }

  private static int warmUpsEnded(ConversationFixture talk) {
    return ended(talk, "warmup_ready")
        + ended(talk, "warmup_failed")
        + (int)
            talk.telemetry.events("warmup_cancelled").stream()
                .filter(event -> event.text("reason").orElseThrow().equals("taken_back"))
                .count(); // one that was ready had ended before
  }
}

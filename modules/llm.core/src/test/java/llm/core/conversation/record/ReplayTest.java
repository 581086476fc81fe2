package llm.core.conversation.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.context.Ledger;
import llm.core.context.Ledger.Entry;
import llm.core.context.Ledger.Kind;
import llm.core.conversation.record.ConversationRecord.Answered;
import llm.core.conversation.record.ConversationRecord.Asked;
import llm.core.conversation.record.ConversationRecord.Created;
import llm.core.conversation.record.ConversationRecord.HandedOver;
import llm.core.conversation.record.ConversationRecord.Noted;
import llm.core.conversation.record.ConversationRecord.Unanswered;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.Usage;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("C-6: what the records of a conversation come to")
class ReplayTest {
  private static final Instant AT = Instant.EPOCH;
  private static final Entry RAIN = new Entry(Kind.FACT, "it rained");
  private static final Entry PLAN = new Entry(Kind.DECISION, "stay in");
  private static final Ledger LEDGER = new Ledger(List.of(RAIN), 0);

  private final List<ConversationRecord> records =
      new ArrayList<>(List.of(new Created(new ModelName("m"), "local", "Be brief.", false, AT)));

  private Replay replay() {
    return Replay.of(records).orElseThrow();
  }

  private void turn(String name, int promptTokens) {
    records.add(new Asked(name, "q " + name, AT));
    answer(name, Optional.of(FinishReason.STOP), promptTokens);
  }

  private void answer(String name, Optional<FinishReason> finish, int promptTokens) {
    records.add(new Answered(name, "a " + name, finish, new Usage(promptTokens, 3, 0), AT));
  }

  @Test
  void whatIsNotedIsToldFromTheNextContextOn() {
    records.add(new HandedOver("Before.", LEDGER, 0, AT));
    records.add(new Noted(List.of(PLAN), AT));
    assertThat(replay().ledger()).as("as the context begins with it").isEqualTo(LEDGER);
    assertThat(replay().noted()).containsExactly(List.of(PLAN));

    records.add(new HandedOver("Later.", LEDGER.with(List.of(PLAN), 1_000), 0, AT));
    assertThat(replay().ledger().entries()).containsExactly(RAIN, PLAN);
    assertThat(replay().noted()).isEmpty();
  }

  @Test
  void theNewestPromptThatWasCountedIsKnown() {
    assertThat(replay().counted()).isEmpty();
    turn("t1", 40);
    turn("t2", 70);
    turn("t3", 0); // its provider did not count

    var counted = replay().counted().orElseThrow();
    assertThat(counted.promptTokens()).isEqualTo(70);
    assertThat(counted.messages())
        .extracting(Message::text)
        .containsExactly("q t1", "a t1", "q t2");
    assertThat(counted.summary()).isEmpty();
  }

  @Test
  void onePromptIsKnownThoughItsContextIsGone() {
    turn("t1", 40);
    records.add(new HandedOver("Before.", LEDGER, 0, AT));
    records.add(new Asked("t2", "q t2", AT));

    assertThat(replay().counted().orElseThrow().messages()).hasSize(1);
    answer("t2", Optional.of(FinishReason.STOP), 30);
    var counted = replay().counted().orElseThrow();
    assertThat(counted.promptTokens()).isEqualTo(30);
    assertThat(counted.summary()).isEqualTo("Before.");
    assertThat(counted.ledger()).isEqualTo(LEDGER);
  }

  @Test
  void whatWasInterruptedIsNotCounted() {
    turn("t1", 40);
    records.add(new Asked("t2", "q t2", AT));
    answer("t2", Optional.empty(), 99);
    assertThat(replay().counted().orElseThrow().promptTokens()).isEqualTo(40);
    records.add(new Unanswered("t2", "cancelled", AT));
    assertThat(replay().counted().orElseThrow().messages()).hasSize(1);
    assertThat(replay().messages()).hasSize(2);
  }
}

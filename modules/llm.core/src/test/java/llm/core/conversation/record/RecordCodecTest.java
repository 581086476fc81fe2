package llm.core.conversation.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
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
import llm.domain.chat.Usage;
import llm.domain.model.ModelName;
import llm.domain.store.StoreException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("C-6: records of conversations are written and read again")
class RecordCodecTest {
  private static final String[] PIECES = {
    "a",
    "\"",
    "\\",
    "\n",
    "\u0000",
    "\u2028",
    "é",
    "слово",
    "سلام",
    "語",
    "🙂",
    "👩‍👩‍👧",
    "\t",
    "</script>"
  };

  @Test
  void whateverIsSaidComesBackAsItWas() throws StoreException {
    long seed = 20261121;
    var random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      ConversationRecord record = any(random);
      assertThat(RecordCodec.read(RecordCodec.write(record))).as("seed %d", seed).isEqualTo(record);
    }
  }

  @Test
  void aMessageOfAMegabyteComesBack() throws StoreException {
    var record = new Asked("t", "🙂x".repeat(400_000), Instant.ofEpochMilli(5));

    assertThat(RecordCodec.read(RecordCodec.write(record))).isEqualTo(record);
  }

  @Test
  void fieldsOfALaterReleaseAreLeftOut() throws StoreException {
    assertThat(
            RecordCodec.read(
                "{\"mood\":[1,{\"a\":2}],\"type\":\"asked\",\"turn\":\"t\",\"text\":\"x\",\"at\":7}"))
        .isEqualTo(new Asked("t", "x", Instant.ofEpochMilli(7)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "{\"type\":\"asked\"",
        "{\"type\":\"sung\",\"at\":1}",
        "{\"at\":1}",
        "{\"type\":\"noted\",\"entries\":[{\"kind\":\"dream\",\"text\":\"x\"}],\"at\":1}",
        "{\"type\":\"noted\",\"entries\":[{\"kind\":\"fact\"}],\"at\":1}"
      })
  void whatIsNoRecordIsDamaged(String text) {
    StoreException failure =
        catchThrowableOfType(StoreException.class, () -> RecordCodec.read(text));

    assertThat(failure.reason()).isEqualTo(StoreException.Reason.DAMAGED);
    assertThat(failure).hasMessageStartingWith("A record of the conversation cannot be read: ");
  }

  private static ConversationRecord any(Random random) {
    var at = Instant.ofEpochMilli(random.nextLong(0, 4_000_000_000_000L));
    String turn = "t" + random.nextInt(100);
    return switch (random.nextInt(6)) {
      case 0 ->
          new Created(new ModelName("m"), text(random), text(random), random.nextBoolean(), at);
      case 1 -> new Asked(turn, text(random), at);
      case 2 -> new Answered(turn, text(random), finish(random), usage(random), at);
      case 3 -> new Unanswered(turn, "cancelled", at);
      case 4 -> new HandedOver(text(random), ledger(random), random.nextInt(50), at);
      default -> new Noted(ledger(random).entries(), at);
    };
  }

  private static Optional<FinishReason> finish(Random random) {
    FinishReason[] all = FinishReason.values();
    int which = random.nextInt(all.length + 1);
    return which == all.length ? Optional.empty() : Optional.of(all[which]);
  }

  private static Usage usage(Random random) {
    int prompt = random.nextInt(1 << 20);
    return new Usage(prompt, random.nextInt(1 << 20), random.nextInt(prompt + 1));
  }

  private static Ledger ledger(Random random) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < random.nextInt(6); i++) {
      entries.add(new Entry(Kind.values()[random.nextInt(3)], i + text(random)));
    }
    return new Ledger(entries, random.nextInt(10));
  }

  private static String text(Random random) {
    var text = new StringBuilder();
    for (int i = 0; i < random.nextInt(20); i++) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }
}

package llm.core.conversation.wire;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import llm.core.context.Ledger;
import llm.core.conversation.ConversationInfo;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.ConversationRecord.Answered;
import llm.core.conversation.record.ConversationRecord.Asked;
import llm.core.conversation.record.ConversationRecord.Created;
import llm.core.conversation.record.ConversationRecord.HandedOver;
import llm.core.conversation.record.ConversationRecord.Noted;
import llm.core.conversation.record.ConversationRecord.Unanswered;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.llm.LlmResponses;
import llm.domain.chat.FinishReason;

/**
 * Bodies of {@code /conversations}, as UTF-8 JSON. Times are ISO 8601 in UTC, to the millisecond.
 */
public final class ConversationResponses {
  private static final int SMALL = 512;

  private ConversationResponses() {}

  /** One conversation, without what was said. */
  public static byte[] one(ConversationInfo info) {
    var out = new JsonOut(SMALL);
    out.object();
    fields(info, out);
    return out.endObject().toBytes();
  }

  /**
   * A page of a list.
   *
   * @param next where the next page begins; empty when this is the last
   */
  public static byte[] list(List<ConversationInfo> infos, Optional<String> next) {
    var out = new JsonOut(SMALL);
    out.object().name("conversations").array();
    for (ConversationInfo info : infos) {
      out.object();
      fields(info, out);
      out.endObject();
    }
    return out.endArray().fieldOrNull("next_after", next).endObject().toBytes();
  }

  /**
   * One conversation and what happened in it.
   *
   * @param from the position of the first of {@code records}
   * @param more whether others follow
   */
  public static byte[] whole(
      ConversationInfo info, List<ConversationRecord> records, long from, boolean more) {
    var out = new JsonOut(SMALL);
    out.object();
    fields(info, out);
    out.name("records").array();
    long position = from;
    for (ConversationRecord record : records) {
      out.object().field("position", position);
      record(record, out);
      out.field("at", time(record.at())).endObject();
      position++;
    }
    out.endArray().name("next_from");
    if (more) {
      out.value(position);
    } else {
      out.nothing();
    }
    return out.endObject().toBytes();
  }

  private static void fields(ConversationInfo info, JsonOut out) {
    out.field("id", info.identity().id())
        .field("model", info.identity().model().value())
        .field("created_at", time(info.identity().createdAt()))
        .field("changed_at", time(info.changedAt()))
        .field("turns", info.turns())
        .fieldOrNull("running_turn", info.runningTurn())
        .field("waiting_turns", info.waitingTurns())
        .name("context_ratio");
    info.contextRatio().ifPresentOrElse(out::value, out::nothing);
  }

  private static void record(ConversationRecord record, JsonOut out) {
    switch (record) {
      case Created(var _, String _, String system, boolean metadata, Instant _) -> {
        out.field("type", "created").field("system", system);
        out.name("metadata").value(metadata);
      }
      case Asked(String turn, String text, Instant _) ->
          out.field("type", "asked").field("turn_id", turn).field("text", text);
      case Answered(String turn, String text, Optional<FinishReason> finish, var usage, var _) -> {
        out.field("type", "answered").field("turn_id", turn).field("text", text);
        out.fieldOrNull("finish_reason", finish.map(FinishReason::wireName)).name("usage");
        LlmResponses.usage(usage, out);
      }
      case Unanswered(String turn, String code, Instant _) ->
          out.field("type", "unanswered").field("turn_id", turn).field("error", code);
      case HandedOver(String summary, Ledger ledger, int kept, Instant _) -> {
        out.field("type", "handed_over").field("summary", summary).field("kept_messages", kept);
        ledger(ledger.entries(), out);
      }
      case Noted(List<Ledger.Entry> entries, Instant _) -> {
        out.field("type", "noted");
        ledger(entries, out);
      }
    }
  }

  private static void ledger(List<Ledger.Entry> entries, JsonOut out) {
    out.name("ledger").array();
    for (Ledger.Entry entry : entries) {
      out.object().field("kind", entry.kind().word()).field("text", entry.text()).endObject();
    }
    out.endArray();
  }

  private static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.MILLIS).toString();
  }
}

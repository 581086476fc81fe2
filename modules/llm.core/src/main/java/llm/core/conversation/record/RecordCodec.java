package llm.core.conversation.record;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.context.Ledger;
import llm.core.conversation.record.ConversationRecord.Answered;
import llm.core.conversation.record.ConversationRecord.Asked;
import llm.core.conversation.record.ConversationRecord.Created;
import llm.core.conversation.record.ConversationRecord.HandedOver;
import llm.core.conversation.record.ConversationRecord.Noted;
import llm.core.conversation.record.ConversationRecord.Unanswered;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.store.StoreException;
import llm.domain.text.JsonWriter;

/**
 * Writes records as JSON, one object each, and reads them again. Fields that are not known are left
 * out when reading, so that an older program reads what a newer one wrote.
 */
public final class RecordCodec {
  private RecordCodec() {}

  /** A record as one line of JSON. */
  public static String write(ConversationRecord record) {
    var out = new JsonWriter().beginObject();
    switch (record) {
      case Created(ModelName model, String owner, String system, boolean metadata, Instant _) ->
          out.name("type")
              .value("created")
              .name("model")
              .value(model.value())
              .name("owner")
              .value(owner)
              .name("system")
              .value(system)
              .name("metadata")
              .value(metadata);
      case Asked(String turn, String text, Instant _) ->
          out.name("type").value("asked").name("turn").value(turn).name("text").value(text);
      case Answered(
              String turn,
              String text,
              Optional<FinishReason> finish,
              Usage usage,
              var _) -> {
        out.name("type").value("answered").name("turn").value(turn).name("text").value(text);
        finish.ifPresent(reason -> out.name("finish").value(reason.wireName()));
        out.name("prompt_tokens")
            .value(usage.promptTokens())
            .name("completion_tokens")
            .value(usage.completionTokens())
            .name("cached_tokens")
            .value(usage.cachedTokens());
      }
      case Unanswered(String turn, String code, Instant _) ->
          out.name("type").value("unanswered").name("turn").value(turn).name("code").value(code);
      case HandedOver(String summary, Ledger ledger, int kept, Instant _) -> {
        out.name("type").value("handed_over").name("summary").value(summary);
        out.name("kept").value(kept).name("dropped").value(ledger.dropped());
        entries(ledger.entries(), out);
      }
      case Noted(List<Ledger.Entry> entries, Instant _) -> {
        out.name("type").value("noted");
        entries(entries, out);
      }
    }
    return out.name("at").value(record.at().toEpochMilli()).endObject().toJson().value();
  }

  /**
   * Reads one record.
   *
   * @throws StoreException with {@code DAMAGED} when it is none
   */
  public static ConversationRecord read(String text) throws StoreException {
    try {
      return JsonCursor.document(
          text.getBytes(StandardCharsets.UTF_8), in -> new Fields(in).record());
    } catch (LlmException | IllegalArgumentException unreadable) {
      throw new StoreException(
          StoreException.Reason.DAMAGED,
          "A record of the conversation cannot be read: " + unreadable.getMessage(),
          unreadable);
    }
  }

  private static void entries(List<Ledger.Entry> entries, JsonWriter out) {
    out.name("entries").beginArray();
    for (Ledger.Entry entry : entries) {
      out.beginObject()
          .name("kind")
          .value(entry.kind().word())
          .name("text")
          .value(entry.text())
          .endObject();
    }
    out.endArray();
  }

  /** The fields of one record, whatever their order. */
  private static final class Fields {
    private String type = "";
    private String model = "";
    private String owner = "";
    private String text = "";
    private String turn = "";
    private Optional<FinishReason> finish = Optional.empty();
    private String code = "";
    private boolean metadata;
    private int prompt;
    private int completion;
    private int cached;
    private int kept;
    private int dropped;
    private final List<Ledger.Entry> entries = new ArrayList<>();
    private Instant at = Instant.EPOCH;
    private final JsonCursor in;

    private Fields(JsonCursor in) {
      this.in = in;
    }

    private ConversationRecord record() throws LlmException {
      in.object(this::take);
      return switch (type) {
        case "created" -> new Created(new ModelName(model), owner, text, metadata, at);
        case "asked" -> new Asked(turn, text, at);
        case "answered" ->
            new Answered(turn, text, finish, new Usage(prompt, completion, cached), at);
        case "unanswered" -> new Unanswered(turn, code, at);
        case "handed_over" -> new HandedOver(text, new Ledger(entries, dropped), kept, at);
        case "noted" -> new Noted(entries, at);
        default -> throw new IllegalArgumentException("there is no record of type " + type);
      };
    }

    private void take(String name) throws LlmException {
      switch (name) {
        case "type" -> type = in.string();
        case "model" -> model = in.string();
        case "owner" -> owner = in.string();
        case "text", "system", "summary" -> text = in.string();
        case "turn" -> turn = in.string();
        case "finish" -> finish = Optional.of(FinishReason.of(in.string()));
        case "code" -> code = in.string();
        case "metadata" -> metadata = in.flag();
        case "prompt_tokens" -> prompt = in.integer();
        case "completion_tokens" -> completion = in.integer();
        case "cached_tokens" -> cached = in.integer();
        case "kept" -> kept = in.integer();
        case "dropped" -> dropped = in.integer();
        case "at" -> at = Instant.ofEpochMilli(in.longInteger());
        case "entries" -> in.array(_ -> entries.add(entry()));
        default -> {
          // of a later release
        }
      }
    }

    private Ledger.Entry entry() throws LlmException {
      var kind = new String[1];
      var line = new String[1];
      in.object(name -> {
        switch (name) {
          case "kind" -> kind[0] = in.string();
          case "text" -> line[0] = in.string();
          default -> {
            // of a later release
          }
        }
      });
      if (kind[0] == null || line[0] == null) {
        throw new IllegalArgumentException("an entry has a kind and a text");
      }
      return new Ledger.Entry(
          Ledger.Kind.of(kind[0])
              .orElseThrow(() -> new IllegalArgumentException("there is no kind " + kind[0])),
          line[0]);
    }
  }
}

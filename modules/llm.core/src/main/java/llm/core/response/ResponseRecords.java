package llm.core.response;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.responses.Answer;
import llm.core.dialect.responses.Asked;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;
import llm.domain.store.LogRecord;

/**
 * The records of a response's log, as JSON: first what was asked, last the answer, between them
 * signs of life while it is made.
 */
final class ResponseRecords {
  /** A sign of life. */
  static final String BEAT = "{\"beat\":true}";

  private ResponseRecords() {}

  static String request(StoredResponse.Request request) {
    var out = new JsonOut(1_024).object();
    out.field("id", request.id())
        .field("owner", request.owner())
        .field("created", request.identity().createdSeconds())
        .name("background")
        .value(request.identity().background())
        .field("model", request.model())
        .name("summary")
        .value(request.summary())
        .fieldOrNull("previous", request.previous())
        .name("asked")
        .json(request.asked().fields())
        .name("input")
        .array();
    request.input().forEach(out::json);
    return new String(out.endArray().endObject().toBytes(), UTF_8);
  }

  static String answer(JsonText response) {
    return "{\"answer\":" + response.value() + "}";
  }

  /** What the first record says. */
  static StoredResponse.Request request(LogRecord record) throws LlmException {
    return JsonCursor.piece(new JsonText(record.text()), "", in -> new Reader().request(in));
  }

  /** The answer, where {@code record} holds it. */
  static Optional<JsonText> answer(LogRecord record) throws LlmException {
    var found = new ArrayList<JsonText>(1);
    JsonCursor.piece(
        new JsonText(record.text()),
        "",
        in -> {
          in.object(name -> {
            if (name.equals("answer")) {
              found.add(in.cut());
            }
          });
          return found;
        });
    return found.stream().findFirst();
  }

  /** Gathers the fields of the first record. */
  private static final class Reader {
    private String id = "";
    private String owner = "";
    private String model = "";
    private long created;
    private boolean background;
    private boolean summary;
    private Optional<String> previous = Optional.empty();
    private JsonText asked = JsonText.EMPTY_OBJECT;
    private final List<JsonText> input = new ArrayList<>();

    private StoredResponse.Request request(JsonCursor in) throws LlmException {
      in.object(name -> take(name, in));
      return new StoredResponse.Request(
          new Answer.Identity(id, created, background),
          owner,
          model,
          new Asked(asked),
          summary,
          previous,
          input);
    }

    private void take(String name, JsonCursor in) throws LlmException {
      switch (name) {
        case "id" -> id = in.string();
        case "owner" -> owner = in.string();
        case "model" -> model = in.string();
        case "created" -> created = in.longInteger();
        case "background" -> background = in.flag();
        case "summary" -> summary = in.flag();
        case "previous" -> previous = Optional.of(in.string());
        case "asked" -> asked = in.cutObject();
        case "input" -> in.array(_ -> input.add(in.cut()));
        default -> {
          // of a later version
        }
      }
    }
  }
}

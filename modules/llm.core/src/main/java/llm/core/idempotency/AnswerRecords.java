package llm.core.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/**
 * The records of a key's log, as JSON: where several servers share the store, first what the key is
 * used for, then signs of life while the answer is made; last the answer.
 */
final class AnswerRecords {
  /** A sign of life. */
  static final String BEAT = "{\"beat\":true}";

  private AnswerRecords() {}

  /** What one record says: the use always, the answer if it is there. */
  record Said(FirstUse use, Optional<KeptAnswer> answer) {}

  static String begun(FirstUse use) {
    return new String(use(use, new JsonOut(256)).endObject().toBytes(), UTF_8);
  }

  static String answer(KeptAnswer answer) {
    byte[] body = answer.body();
    JsonOut out = use(answer.use(), new JsonOut(body.length + 512));
    Piece.Head head = answer.head();
    out.field("status", head.status()).name("streamed").value(head.streamed());
    out.name("headers").object();
    head.headers().forEach(out::field);
    out.endObject();
    String text = new String(body, UTF_8);
    if (Arrays.equals(text.getBytes(UTF_8), body)) {
      out.field("body", text);
    } else {
      out.field("body64", Base64.getEncoder().encodeToString(body));
    }
    return new String(out.endObject().toBytes(), UTF_8);
  }

  private static JsonOut use(FirstUse use, JsonOut out) {
    return out.object()
        .field("principal", use.principal())
        .field("digest", use.request().digest())
        .field("endpoint", use.request().endpoint())
        .field("at", use.at().toEpochMilli())
        .field("expires", use.expires().toEpochMilli());
  }

  /**
   * Reads a record that is no sign of life.
   *
   * @throws LlmException when it is none
   */
  static Said read(String record) throws LlmException {
    return JsonCursor.piece(new JsonText(record), "", in -> new Reader().read(in));
  }

  /** Gathers the fields of a record. */
  private static final class Reader {
    private String principal = "";
    private String digest = "";
    private String endpoint = "";
    private Instant at = Instant.EPOCH;
    private Instant expires = Instant.EPOCH;
    private int status;
    private boolean streamed;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private byte[] body = new byte[0];

    private Said read(JsonCursor in) throws LlmException {
      in.object(name -> field(name, in));
      var use = new FirstUse(principal, new Fingerprint(digest, endpoint), at, expires);
      return new Said(
          use,
          status == 0
              ? Optional.empty()
              : Optional.of(new KeptAnswer(use, new Piece.Head(status, headers, streamed), body)));
    }

    private void field(String name, JsonCursor in) throws LlmException {
      switch (name) {
        case "principal" -> principal = in.string();
        case "digest" -> digest = in.string();
        case "endpoint" -> endpoint = in.string();
        case "at" -> at = Instant.ofEpochMilli(in.longInteger());
        case "expires" -> expires = Instant.ofEpochMilli(in.longInteger());
        case "status" -> status = in.integer();
        case "streamed" -> streamed = in.flag();
        case "headers" -> in.object(header -> headers.put(header, in.string()));
        case "body" -> body = in.string().getBytes(UTF_8);
        case "body64" -> body = Base64.getDecoder().decode(in.string());
        default -> {
          // of a later version
        }
      }
    }
  }
}

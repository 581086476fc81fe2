package llm.providers.replay;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.providers.replay.Recorded.End;
import llm.providers.replay.Recorded.Field;
import llm.providers.replay.Recorded.How;
import llm.providers.replay.Recorded.Piece;

/** Reads one line of a recording. Fields that it does not know are passed over. */
final class RecordedReader {
  private static final Piece NOTHING = Piece.of(0, new byte[0]);
  private static final int LEAST_STATUS = 200;
  private static final int MOST_STATUS = 599;

  private int version;
  private Instant at = Instant.EPOCH;
  private String provider = "";
  private String requestId = "";
  private Recorded.Request request; // null: not read
  private Recorded.Response response; // null: there is none
  private End end; // null: not read

  private RecordedReader() {}

  /**
   * The exchange of a line.
   *
   * @throws LlmException with what is wrong with it
   */
  static Recorded read(byte[] line) throws LlmException {
    return JsonCursor.document(line, in -> new RecordedReader().exchange(in));
  }

  private Recorded exchange(JsonCursor in) throws LlmException {
    in.object(name -> {
      switch (name) {
        case "version" -> version = in.integer();
        case "at" -> at = instant(in);
        case "provider" -> provider = in.string();
        case "request_id" -> requestId = in.string();
        case "request" -> request = request(in);
        case "response" -> response = response(in);
        case "end" -> end = end(in);
        default -> {
          // of a later writer
        }
      }
    });
    if (version != RecordedWriter.VERSION) {
      throw refusal("version must be " + RecordedWriter.VERSION + ", found " + version);
    }
    if (request == null || end == null) {
      throw refusal("request and end must be there");
    }
    return new Recorded(at, provider, requestId, request, Optional.ofNullable(response), end);
  }

  private static Recorded.Request request(JsonCursor in) throws LlmException {
    var found =
        new Object() {
          String method = "";
          String path = "";
          List<Field> headers = List.of();
          Piece body = NOTHING;
        };
    in.object(name -> {
      switch (name) {
        case "method" -> found.method = in.string();
        case "path" -> found.path = in.string();
        case "headers" -> found.headers = fields(in);
        case "body" -> found.body = piece(in);
        default -> {
          // of a later writer
        }
      }
    });
    return new Recorded.Request(found.method, found.path, found.headers, found.body);
  }

  private static Recorded.Response response(JsonCursor in) throws LlmException {
    var pieces = new ArrayList<Piece>();
    var found =
        new Object() {
          long micros;
          int status;
          List<Field> headers = List.of();
        };
    in.object(name -> {
      switch (name) {
        case "us" -> found.micros = in.longInteger();
        case "status" -> found.status = in.integer();
        case "headers" -> found.headers = fields(in);
        case "chunks" -> in.array(_ -> add(piece(in), pieces));
        default -> {
          // of a later writer
        }
      }
    });
    if (found.status < LEAST_STATUS || found.status > MOST_STATUS) {
      throw refusal("response.status must be from 200 to 599, found " + found.status);
    }
    return new Recorded.Response(found.micros, found.status, found.headers, pieces);
  }

  /** A read never gives nothing. */
  private static void add(Piece piece, List<Piece> pieces) {
    if (piece.size() > 0) {
      pieces.add(piece);
    }
  }

  private static End end(JsonCursor in) throws LlmException {
    var found =
        new Object() {
          long micros;
          How how = How.COMPLETE;
          Optional<String> message = Optional.empty();
        };
    in.object(name -> {
      switch (name) {
        case "us" -> found.micros = in.longInteger();
        case "how" -> found.how = how(in);
        case "message" -> found.message = Optional.of(in.string());
        default -> {
          // of a later writer
        }
      }
    });
    return new End(found.micros, found.how, found.message);
  }

  private static How how(JsonCursor in) throws LlmException {
    String said = in.string();
    return in.legal(() -> How.valueOf(said.toUpperCase(Locale.ROOT)));
  }

  private static Piece piece(JsonCursor in) throws LlmException {
    var found =
        new Object() {
          long micros;
          int size = -1;
          byte[] bytes = new byte[0];
        };
    in.object(name -> {
      switch (name) {
        case "us" -> found.micros = in.longInteger();
        case "text" -> found.bytes = in.string().getBytes(StandardCharsets.UTF_8);
        case "base64" -> {
          String text = in.string();
          found.bytes = in.legal(() -> Base64.getDecoder().decode(text));
        }
        case "bytes" -> found.size = in.integer();
        default -> {
          // of a later writer
        }
      }
    });
    return new Piece(found.micros, Math.max(found.size, found.bytes.length), found.bytes);
  }

  private static List<Field> fields(JsonCursor in) throws LlmException {
    var fields = new ArrayList<Field>();
    in.array(_ -> {
      var pair = new ArrayList<String>(2);
      in.array(_ -> pair.add(in.string()));
      if (pair.size() != 2) {
        throw in.expected("a name and a value");
      }
      fields.add(new Field(pair.getFirst(), pair.getLast()));
    });
    return fields;
  }

  private static Instant instant(JsonCursor in) throws LlmException {
    try {
      return Instant.parse(in.string());
    } catch (DateTimeParseException _) {
      throw in.expected("a time, as 2026-01-02T03:04:05Z");
    }
  }

  private static LlmException refusal(String message) {
    return new LlmException(LlmError.InvalidRequest.of(message));
  }
}

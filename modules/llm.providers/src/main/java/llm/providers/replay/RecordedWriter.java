package llm.providers.replay;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import llm.core.dialect.json.JsonOut;
import llm.providers.replay.Recorded.Field;
import llm.providers.replay.Recorded.Piece;

/** Writes exchanges as lines of a recording. Not thread-safe. */
final class RecordedWriter {
  /** The version of the format, which every line says. */
  static final int VERSION = 1;

  private static final int FIRST_BYTES = 16 * 1024;

  /** A buffer that grew beyond is not kept for the next line. */
  private static final int MOST_KEPT_BYTES = 1024 * 1024;

  private JsonOut out = new JsonOut(FIRST_BYTES);

  /** The line of an exchange, its end included. */
  byte[] line(Recorded exchange) {
    out.clear().object();
    out.field("version", VERSION).field("at", exchange.at().toString());
    out.field("provider", exchange.provider()).field("request_id", exchange.requestId());
    Recorded.Request request = exchange.request();
    out.name("request").object().field("method", request.method()).field("path", request.path());
    fields(request.headers());
    if (request.body().size() > 0) {
      out.name("body").object();
      content(request.body());
      out.endObject();
    }
    out.endObject();
    exchange.response().ifPresent(this::response);
    out.name("end").object().field("us", exchange.end().micros());
    out.field("how", exchange.end().how().wireName());
    exchange.end().message().ifPresent(message -> out.field("message", message));
    out.endObject().endObject().raw(new byte[] {'\n'});
    byte[] line = out.toBytes();
    if (line.length > MOST_KEPT_BYTES) {
      out = new JsonOut(FIRST_BYTES);
    }
    return line;
  }

  private void response(Recorded.Response response) {
    out.name("response").object().field("us", response.micros()).field("status", response.status());
    fields(response.headers());
    out.name("chunks").array();
    for (Piece piece : response.pieces()) {
      out.object().field("us", piece.micros());
      content(piece);
      out.endObject();
    }
    out.endArray().endObject();
  }

  private void fields(List<Field> fields) {
    out.name("headers").array();
    for (Field field : fields) {
      out.array().value(field.name()).value(field.value()).endArray();
    }
    out.endArray();
  }

  /** As text where it is UTF-8, else in base64; where it was left out its size. */
  private void content(Piece piece) {
    if (piece.isLeftOut()) {
      out.field("bytes", piece.size());
      return;
    }
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(piece.bytes()))
              .toString();
      out.field("text", text);
    } catch (CharacterCodingException _) {
      out.field("base64", Base64.getEncoder().encodeToString(piece.bytes()));
    }
  }
}

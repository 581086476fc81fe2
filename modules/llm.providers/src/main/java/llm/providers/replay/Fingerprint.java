package llm.providers.replay;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.StringJoiner;
import java.util.TreeMap;
import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmException;
import llm.domain.text.JsonWriter;

/**
 * What makes two requests the same: method, path and body. Bodies of JSON are compared by what they
 * say: order of fields, blanks, null fields and the way a number is written make no difference.
 */
final class Fingerprint {
  private Fingerprint() {}

  /** The fingerprint of a request, its secrets masked. */
  static String of(Recorded.Request request) {
    byte[] body = request.body().bytes();
    byte[] said;
    try {
      said =
          body.length == 0
              ? body
              : JsonCursor.document(body, Fingerprint::canonical).getBytes(StandardCharsets.UTF_8);
    } catch (LlmException _) {
      said = body; // no JSON: its bytes are what it says
    }
    return request.method() + " " + request.path() + " " + HexFormat.of().formatHex(sha256(said));
  }

  /** What the answer to a request was: its status and body, without its times. */
  static String ofAnswer(Recorded.Response response) {
    var body = new ByteArrayOutputStream();
    response.pieces().forEach(piece -> body.writeBytes(piece.bytes()));
    return response.status()
        + " "
        + response.bodyBytes()
        + " "
        + HexFormat.of().formatHex(sha256(body.toByteArray()));
  }

  private static String canonical(JsonCursor in) throws LlmException {
    if (in.isObject()) {
      var fields = new TreeMap<String, String>();
      in.object(name -> fields.put(name, canonical(in)));
      var all = new StringJoiner(",", "{", "}");
      fields.forEach((name, value) -> all.add(quoted(name) + ":" + value));
      return all.toString();
    }
    if (in.isArray()) {
      var all = new StringJoiner(",", "[", "]");
      in.array(_ -> all.add(canonical(in)));
      return all.toString();
    }
    if (in.isNumber()) {
      return number(in.text());
    }
    return in.isString() ? quoted(in.text()) : in.text();
  }

  private static String number(String text) {
    try {
      return new BigDecimal(text).stripTrailingZeros().toString();
    } catch (NumberFormatException | ArithmeticException _) {
      return text; // its exponent is beyond all reckoning: it is the same as itself
    }
  }

  private static String quoted(String text) {
    return new JsonWriter().value(text).toJson().value();
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }
}

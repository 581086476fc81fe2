package llm.core.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What tells two requests of one key apart: method, target and what the body says. The order of an
 * object's fields and the blanks between them say nothing.
 *
 * @param digest SHA-256, in hexadecimal
 * @param endpoint method and path, for people
 */
public record Fingerprint(String digest, String endpoint) {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final int MOST_COPIED = 1_024;

  /**
   * Of a request.
   *
   * @param query as it was sent; empty for none
   * @param body any bytes; what is no JSON is told apart byte by byte
   */
  public static Fingerprint of(String method, String path, String query, byte[] body) {
    MessageDigest digest = sha256();
    String endpoint = method + " " + path;
    digest.update((endpoint + "?" + query + "\n").getBytes(UTF_8));
    digest.update(canonical(body));
    return new Fingerprint(HexFormat.of().formatHex(digest.digest()), endpoint);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException(missing); // every Java has it
    }
  }

  private static byte[] canonical(byte[] body) {
    var out = new ByteArrayOutputStream(body.length + 64);
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), body)) {
      parser.nextToken();
      write(parser, out);
      return parser.nextToken() == null ? out.toByteArray() : body;
    } catch (JacksonException notJson) {
      return body; // it will be refused for that
    }
  }

  /** Writes the value at which the parser stands; its last token is the current one then. */
  private static void write(JsonParser parser, ByteArrayOutputStream out) {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      object(parser, out);
    } else if (token == JsonToken.START_ARRAY) {
      out.write('[');
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        write(parser, out);
      }
      out.write(']');
    } else if (token != null) {
      text(token == JsonToken.VALUE_STRING ? 's' : 'v', parser.getString(), out);
    }
  }

  private static void object(JsonParser parser, ByteArrayOutputStream out) {
    Map<String, byte[]> fields = new TreeMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      var value = new ByteArrayOutputStream();
      write(parser, value);
      fields.put(name, shortened(value.toByteArray()));
    }
    out.write('{');
    fields.forEach((name, value) -> {
      text('n', name, out);
      out.writeBytes(value);
    });
    out.write('}');
  }

  /** A long value by its digest: else what is deep would be copied once for each level. */
  private static byte[] shortened(byte[] value) {
    if (value.length <= MOST_COPIED) {
      return value;
    }
    var out = new ByteArrayOutputStream(MOST_COPIED);
    text('h', HexFormat.of().formatHex(sha256().digest(value)), out);
    return out.toByteArray();
  }

  /** With its length, so that no text can look like two. */
  private static void text(char kind, String text, ByteArrayOutputStream out) {
    byte[] bytes = text.getBytes(UTF_8);
    out.writeBytes((kind + Integer.toString(bytes.length) + ":").getBytes(UTF_8));
    out.writeBytes(bytes);
  }
}

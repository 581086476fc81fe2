package llm.server.ws;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.Head;

/** The opening handshake, the server's side of it (RFC 6455, section 4.2). */
final class Handshake {
  private static final String VERSION = "13";
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int KEY_CHARACTERS = 24;
  private static final int KEY_BYTES = 16;

  private Handshake() {}

  /**
   * Looks whether the request opens a WebSocket.
   *
   * @throws LlmException with {@code UpgradeRequired}, or {@code InvalidRequest}
   */
  static void check(Head head) throws LlmException {
    Head.Upgrade fields = head.upgrade();
    boolean upgrades =
        head.method().equals("GET")
            && fields.protocol().equals("HTTP/1.1")
            && has(fields.upgrade(), "websocket")
            && has(fields.connection(), "upgrade");
    if (!upgrades) {
      throw new LlmException(
          new LlmError.UpgradeRequired(
              "This endpoint speaks WebSocket: connect to it with a WebSocket client, by GET over"
                  + " HTTP/1.1 with Upgrade: websocket; a proxy in between must pass that on."));
    }
    if (!fields.versions().equals(List.of(VERSION))) {
      throw new LlmException(
          new LlmError.UpgradeRequired(
              "Only version 13 of the WebSocket protocol (RFC 6455) is spoken here."));
    }
    if (fields.keys().size() != 1 || !isKey(fields.keys().getFirst())) {
      throw invalid("Sec-WebSocket-Key must be there once and be 16 bytes in base64.");
    }
    if (fields.hasBody()) {
      throw invalid("A WebSocket handshake has no body; leave out Content-Length.");
    }
  }

  /** The subprotocol: the first that the client offers and we speak; empty when there is none. */
  static String choose(Head head, List<String> spoken) {
    return offered(head.upgrade()).filter(spoken::contains).findFirst().orElse("");
  }

  /** The fields of the answer 101. */
  static Map<String, String> answer(Head head, String subprotocol) {
    var fields = new LinkedHashMap<String, String>();
    fields.put("Upgrade", "websocket");
    fields.put("Connection", "Upgrade");
    fields.put("Sec-WebSocket-Accept", accept(head.upgrade().keys().getFirst()));
    if (!subprotocol.isEmpty()) {
      fields.put("Sec-WebSocket-Protocol", subprotocol);
    }
    return fields;
  }

  private static Stream<String> offered(Head.Upgrade fields) {
    return fields.protocols().stream().flatMap(Handshake::elements);
  }

  private static boolean has(List<String> values, String token) {
    return values.stream()
        .flatMap(Handshake::elements)
        .anyMatch(element -> element.toLowerCase(Locale.ROOT).equals(token));
  }

  private static Stream<String> elements(String list) {
    return Stream.of(list.split(",")).map(String::strip);
  }

  private static boolean isKey(String key) {
    try {
      return key.length() == KEY_CHARACTERS && Base64.getDecoder().decode(key).length == KEY_BYTES;
    } catch (IllegalArgumentException notBase64) {
      return false;
    }
  }

  private static String accept(String key) {
    try {
      var sha1 = MessageDigest.getInstance("SHA-1"); // what the protocol asks for; no secret in it
      return Base64.getEncoder()
          .encodeToString(sha1.digest((key + GUID).getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-1", missing);
    }
  }

  private static LlmException invalid(String message) {
    return new LlmException(LlmError.InvalidRequest.of(message));
  }
}

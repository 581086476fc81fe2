package llm.server.auth;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.stream.Stream;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.Gate;
import llm.server.http.Head;
import llm.server.http.Route;

/**
 * Asks for a key: {@code Authorization: Bearer <key>} or {@code x-api-key: <key>}. A page in a
 * browser can set neither for a WebSocket; it offers the subprotocol {@code llm.key.<key in
 * base64url>} beside the one it wants. That one is never agreed on, so no answer repeats the key.
 */
final class KeyGate implements Gate {
  private static final String BEARER = "Bearer ";
  private static final String KEY_PROTOCOL = "llm.key.";
  private static final Principal ANYBODY = new Principal("anonymous");

  private final ApiKeys keys;

  KeyGate(ApiKeys keys) {
    this.keys = keys;
  }

  @Override
  public Principal admit(Head head, Route.Kind kind) throws LlmException {
    if (kind == Route.Kind.PROBE) {
      return ANYBODY;
    }
    Optional<Principal> owner = secret(head).flatMap(keys::ownerOf);
    if (owner.isEmpty()) {
      throw new LlmException(
          new LlmError.Unauthorized(
              "A valid API key is needed: send 'Authorization: Bearer <key>' or 'x-api-key:"
                  + " <key>'."));
    }
    return owner.get();
  }

  private static Optional<String> secret(Head head) {
    Optional<String> bearer =
        head.authorization()
            .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
            .map(value -> value.substring(BEARER.length()).strip());
    return bearer.or(head::apiKey).or(() -> offered(head));
  }

  private static Optional<String> offered(Head head) {
    return head.upgrade().protocols().stream()
        .flatMap(list -> Stream.of(list.split(",")))
        .map(String::strip)
        .filter(protocol -> protocol.startsWith(KEY_PROTOCOL))
        .findFirst()
        .flatMap(protocol -> decoded(protocol.substring(KEY_PROTOCOL.length())));
  }

  private static Optional<String> decoded(String base64url) {
    try {
      byte[] key = Base64.getUrlDecoder().decode(base64url);
      return Optional.of(new String(key, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException notBase64) {
      return Optional.empty();
    }
  }
}

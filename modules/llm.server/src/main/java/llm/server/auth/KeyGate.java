package llm.server.auth;

import java.util.Optional;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.Gate;
import llm.server.http.Head;
import llm.server.http.Route;

/** Asks for a key: {@code Authorization: Bearer <key>} or {@code x-api-key: <key>}. */
final class KeyGate implements Gate {
  private static final String BEARER = "Bearer ";
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
    return bearer.or(head::apiKey);
  }
}

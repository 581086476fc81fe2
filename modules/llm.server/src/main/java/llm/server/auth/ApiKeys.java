package llm.server.auth;

import java.util.List;
import java.util.Optional;
import llm.domain.call.Principal;

/** The keys that are accepted. Immutable. */
final class ApiKeys {
  private final List<ApiKey> keys;

  ApiKeys(List<ApiKey> keys) {
    this.keys = List.copyOf(keys);
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  /** Whose secret it is. Looks at every key, so that its time tells nothing. */
  Optional<Principal> ownerOf(String secret) {
    byte[] hash = ApiKey.sha256(secret);
    Optional<Principal> owner = Optional.empty();
    for (ApiKey key : keys) {
      if (key.matches(hash)) {
        owner = Optional.of(key.owner());
      }
    }
    return owner;
  }
}

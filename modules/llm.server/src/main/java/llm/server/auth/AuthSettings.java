package llm.server.auth;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.call.Principal;
import llm.server.http.Gate;

/** Who may use the server, from section {@code auth}. */
public final class AuthSettings {
  private static final Setting<Boolean> PUBLIC_METRICS =
      Setting.flag("public_metrics", false, "Whether GET /metrics is answered without a key.");
  private static final Setting<String> NAME =
      Setting.optionalText("name", "Whose key it is; stands in the log.");
  private static final Setting<String> SHA256 =
      Setting.optionalText(
          "sha256", "SHA-256 of the key in hex, as --new-api-key prints it; this or key.");
  private static final Setting<Secret> KEY =
      Setting.optionalSecret("key", "The key itself, from the environment; this or sha256.");

  private static final Setting<Boolean> ADMIN =
      Setting.flag(
          "admin",
          false,
          "Whether the key is an operator's: /admin/* is for such keys, once there is one.");

  private final ApiKeys keys;
  private final Set<Principal> admins;
  private final boolean publicMetrics;

  private AuthSettings(ApiKeys keys, Set<Principal> admins, boolean publicMetrics) {
    this.keys = keys;
    this.admins = Set.copyOf(admins);
    this.publicMetrics = publicMetrics;
  }

  /** Reads the section; what is wrong with it is reported there. */
  public static AuthSettings read(Section auth) {
    var keys = new ArrayList<ApiKey>();
    Set<String> names = new HashSet<>();
    Set<Principal> admins = new HashSet<>();
    List<Section> entries =
        auth.entries("keys", "API keys that are accepted; without one, only loopback is served.");
    for (Section entry : entries) {
      boolean admin = entry.get(ADMIN);
      Optional<ApiKey> key = readKey(entry, names);
      key.ifPresent(keys::add);
      key.filter(_ -> admin).ifPresent(own -> admins.add(own.owner()));
    }
    return new AuthSettings(new ApiKeys(keys), admins, auth.get(PUBLIC_METRICS));
  }

  private static Optional<ApiKey> readKey(Section entry, Set<String> names) {
    Optional<String> name = entry.find(NAME).map(String::strip);
    Optional<String> hash = entry.find(SHA256);
    Optional<Secret> secret = entry.find(KEY);
    if (entry.isReference()) {
      return Optional.empty();
    }
    if (name.isEmpty() || name.get().isEmpty()) {
      entry.reject("name", "must be there and not be blank");
      return Optional.empty();
    }
    if (!names.add(name.get())) {
      entry.reject("name", "must be different for each key, '" + name.get() + "' is there twice");
    }
    if (hash.isPresent() == secret.isPresent()) {
      entry.reject("sha256", "must be given, or key, and not both");
      return Optional.empty();
    }
    var owner = new Principal(name.get());
    if (secret.isPresent()) {
      return Optional.of(ApiKey.ofSecret(owner, secret.get().reveal()));
    }
    Optional<ApiKey> key = ApiKey.ofHash(owner, hash.get());
    if (key.isEmpty()) {
      entry.reject("sha256", "must be 64 hex digits, with or without sha256: before them");
    }
    return key;
  }

  /** Whether there is any key. */
  public boolean hasKeys() {
    return !keys.isEmpty();
  }

  /** Whether {@code who} may do what operators do. As long as no key is an operator's, all are. */
  public boolean isAdmin(Principal who) {
    return admins.isEmpty() || admins.contains(who);
  }

  /** Whether {@code who} may see what others do. Who cannot be told from others sees all. */
  public boolean seesAll(Principal who) {
    return !hasKeys() || admins.contains(who);
  }

  /** Whether the metrics are for everybody. */
  public boolean publicMetrics() {
    return publicMetrics;
  }

  /**
   * The gate that these settings ask for.
   *
   * @param port the port the server listens on
   */
  public Gate gate(int port) {
    return hasKeys() ? new KeyGate(keys) : new LoopbackGate(port);
  }
}

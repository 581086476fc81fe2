package llm.server.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import llm.domain.call.Principal;

/**
 * A client's key, of which only the hash is kept. A plain SHA-256 is enough: keys made here are 256
 * random bits, which nobody finds by trying.
 */
final class ApiKey {
  private static final String PREFIX = "llmsk-";
  private static final int RANDOM_BYTES = 32;
  private static final String HASH_PREFIX = "sha256:";
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private final Principal owner;
  private final byte[] hash;

  private ApiKey(Principal owner, byte[] hash) {
    this.owner = owner;
    this.hash = hash;
  }

  /** The key of {@code owner} whose secret is {@code secret}. */
  static ApiKey ofSecret(Principal owner, String secret) {
    return new ApiKey(owner, sha256(secret));
  }

  /** The key of a stored hash, {@code sha256:<hex>} or hex alone; empty when it is neither. */
  static Optional<ApiKey> ofHash(Principal owner, String stored) {
    String lower = stored.strip().toLowerCase(Locale.ROOT);
    String hex = lower.startsWith(HASH_PREFIX) ? lower.substring(HASH_PREFIX.length()) : lower;
    return HASH.matcher(hex).matches()
        ? Optional.of(new ApiKey(owner, HexFormat.of().parseHex(hex)))
        : Optional.empty();
  }

  /** A new secret, to be shown once. */
  static String newSecret() {
    byte[] random = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(random);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  /** The hash of a secret as the configuration stores it. */
  static String stored(String secret) {
    return HASH_PREFIX + HexFormat.of().formatHex(sha256(secret));
  }

  static byte[] sha256(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }

  Principal owner() {
    return owner;
  }

  /** Compares in a time that does not depend on where the hashes differ. */
  boolean matches(byte[] presentedHash) {
    return MessageDigest.isEqual(hash, presentedHash);
  }
}

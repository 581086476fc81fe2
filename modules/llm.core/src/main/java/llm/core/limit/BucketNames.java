package llm.core.limit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/**
 * Names of buckets of what callers say: short, visible ASCII, and different for what is different.
 * A plain name stands for itself, any other for its hash.
 */
final class BucketNames {
  /** Stands where a request names nobody; no plain name has a star. */
  private static final String NOBODY = "*none";

  private static final int LONGEST_PLAIN = 40;
  private static final int HASH_CHARS = 22; // 132 bits
  private static final String MARKS = "_.@/-{}";

  private BucketNames() {}

  /** The name of the bucket that {@code rule} has for such a request. */
  static String of(LimitRule rule, String key, Asked asked, String endpoint) {
    if (rule.each().isEmpty()) {
      return "";
    }
    if (rule.each().size() == 1 && rule.each().contains(LimitRule.Each.KEY)) {
      return plain(key);
    }
    var name = new StringBuilder();
    for (LimitRule.Each each : LimitRule.Each.values()) {
      if (rule.each().contains(each)) {
        name.append(name.isEmpty() ? "" : "|")
            .append(
                switch (each) {
                  case KEY -> plain(key);
                  case USER -> plain(asked.user());
                  case MODEL -> plain(asked.model());
                  case ENDPOINT -> plain(endpoint);
                });
      }
    }
    return name.toString();
  }

  private static String plain(Optional<String> name) {
    return name.isPresent() ? plain(name.get()) : NOBODY;
  }

  private static String plain(String name) {
    if (name.isEmpty() || name.length() > LONGEST_PLAIN) {
      return hashed(name);
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean alphanumeric = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      if (!alphanumeric && MARKS.indexOf(c) < 0) {
        return hashed(name);
      }
    }
    return name;
  }

  private static String hashed(String name) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      String text = Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
      return "#" + text.substring(0, HASH_CHARS);
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }
}

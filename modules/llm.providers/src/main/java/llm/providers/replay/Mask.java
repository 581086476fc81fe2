package llm.providers.replay;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.core.config.Secret;
import llm.domain.text.JsonWriter;

/**
 * Takes secrets out of what is recorded: the values of fields that carry them by their name, the
 * upstream's own secrets wherever they stand, and what has the shape of a token.
 *
 * <p>In a body a secret becomes as many asterisks as it has bytes, so that lengths stay what they
 * were and a secret that came in two pieces is found. Immutable.
 */
final class Mask {
  private static final String STARS = "***";

  /** Shorter ones would be found in ordinary words; their fields are masked by name. */
  private static final int LEAST_CHARS = 6;

  /** A field or parameter is secret with one of these among the words of its name. */
  private static final Set<String> SECRET_WORDS =
      Set.of(
          "auth",
          "authorization",
          "apikey",
          "cookie",
          "cookie2",
          "credential",
          "credentials",
          "key",
          "passwd",
          "password",
          "secret",
          "session",
          "sig",
          "signature",
          "token");

  /** Tokens that are known by how they begin, JWTs, and whatever is behind the word Bearer. */
  private static final Pattern SHAPES =
      Pattern.compile(
          "(?<![A-Za-z0-9_])(?:"
              + "sk-[A-Za-z0-9_-]{16,}"
              + "|(?:gsk|r8|hf|glsa|npm|whsec)_[A-Za-z0-9]{20,}"
              + "|(?:xai|pplx|glpat|nvapi|fw)-[A-Za-z0-9_-]{20,}"
              + "|gh[pousr]_[A-Za-z0-9]{20,}"
              + "|github_pat_[A-Za-z0-9_]{20,}"
              + "|xox[abeprs]-[A-Za-z0-9-]{10,}"
              + "|AIza[A-Za-z0-9_-]{35}"
              + "|A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])"
              + "|eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}"
              + ")"
              + "|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{16,}");

  private static final Pattern PARAMETER = Pattern.compile("([?&])([^=&#]+)=([^&#]*)");

  private final List<String> secrets; // each byte a character, the longest first

  Mask(List<Secret> known) {
    var forms = new LinkedHashSet<String>();
    known.stream()
        .map(Secret::reveal)
        .filter(text -> text.length() >= LEAST_CHARS)
        .forEach(text -> {
          forms.add(latin1(text));
          forms.add(URLEncoder.encode(text, StandardCharsets.UTF_8));
          String quoted = new JsonWriter().value(text).toJson().value();
          forms.add(latin1(quoted.substring(1, quoted.length() - 1)));
        });
    secrets = forms.stream().sorted((left, right) -> right.length() - left.length()).toList();
  }

  /** The value of a field without its secrets. */
  String field(String name, String value) {
    return isSecret(name) ? STARS : text(value);
  }

  /** A path and its query without their secrets. */
  String path(String path) {
    return text(
        PARAMETER
            .matcher(path)
            .replaceAll(found ->
                Matcher.quoteReplacement(
                    isSecret(found.group(2))
                        ? found.group(1) + found.group(2) + "=" + STARS
                        : found.group())));
  }

  /** A text without its secrets. */
  String text(String text) {
    String masked = text;
    for (String secret : secrets) {
      masked = masked.replace(secret, STARS);
    }
    return SHAPES.matcher(masked).replaceAll(STARS);
  }

  /** A body without its secrets, as long as before; the same array when it has none. */
  byte[] body(byte[] body) {
    String view = new String(body, StandardCharsets.ISO_8859_1);
    byte[] masked = body;
    for (String secret : secrets) {
      for (int at = view.indexOf(secret); at >= 0; at = view.indexOf(secret, at + 1)) {
        masked = cover(masked, body, at, at + secret.length());
      }
    }
    for (Matcher found = SHAPES.matcher(view); found.find(); ) {
      masked = cover(masked, body, found.start(), found.end());
    }
    return masked;
  }

  private static byte[] cover(byte[] masked, byte[] original, int from, int to) {
    byte[] own = masked == original ? original.clone() : masked;
    Arrays.fill(own, from, to, (byte) '*');
    return own;
  }

  /** Whether fields and parameters of this name carry secrets. */
  static boolean isSecret(String name) {
    for (String word : name.toLowerCase(Locale.ROOT).split("[^a-z0-9]+")) {
      if (SECRET_WORDS.contains(word)) {
        return true;
      }
    }
    return false;
  }

  private static String latin1(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}

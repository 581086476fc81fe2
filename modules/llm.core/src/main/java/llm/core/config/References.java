package llm.core.config;

import java.util.regex.Pattern;

/**
 * Replaces {@code ${NAME}} and {@code ${NAME:-default}} in a file's values; <code>$${</code> stands
 * for a literal <code>${</code>. The default is used when the variable is not set or blank.
 */
record References(Variables variables) {
  private static final Pattern ONE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?}");
  private static final Pattern SECRET = Pattern.compile("\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-)?}");

  /** Whether the text is one reference and nothing else, as a secret in a file must be. */
  static boolean isOne(String text) {
    return SECRET.matcher(text).matches();
  }

  static boolean hasAny(String text) {
    return ONE.matcher(text).find();
  }

  /**
   * The text with its references replaced.
   *
   * @throws IllegalArgumentException says which variable is not set, or what is no reference
   */
  String resolve(String text) {
    if (!text.contains("${")) {
      return text;
    }
    var out = new StringBuilder();
    var matcher = ONE.matcher(text);
    int at = 0;
    while (at < text.length()) {
      if (text.startsWith("$${", at)) {
        out.append("${");
        at += 3;
      } else if (text.startsWith("${", at)) {
        if (!matcher.region(at, text.length()).lookingAt()) {
          throw new IllegalArgumentException(
              "has a ${ that is no reference ${NAME}; write $${ for a literal one");
        }
        out.append(value(matcher.group(1), matcher.group(3)));
        at = matcher.end();
      } else {
        out.append(text.charAt(at++));
      }
    }
    return out.toString();
  }

  /** {@code fallback} is null where the reference names none. */
  private String value(String name, String fallback) {
    var found = variables.find(name);
    if (found.isPresent()) {
      return found.get().text();
    }
    if (fallback == null) {
      throw new IllegalArgumentException(
          "${" + name + "} is not set in the environment or " + variables.envFile());
    }
    return fallback;
  }
}

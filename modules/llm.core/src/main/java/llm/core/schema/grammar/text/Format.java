package llm.core.schema.grammar.text;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.automaton.AutomatonTooLarge;
import llm.core.schema.grammar.automaton.Dfa;
import llm.core.schema.grammar.automaton.Nfa;
import llm.core.schema.grammar.automaton.Regex;

/**
 * The formats of JSON Schema 2020-12 (Validation, section 7.3) as languages. Each has only strings
 * that are of the format for everybody; rare forms, as leap seconds or comments in addresses, are
 * left out.
 */
public final class Format {
  private static final String DAY =
      "(?:[1-9]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
          + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))"
          + "|(?:[1-9]\\d(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)-02-29)";
  private static final String TIME =
      "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?"
          + "(?:Z|\\+(?:0\\d|1[0-3]):[0-5]\\d|-(?:0[1-9]|1[01]):[0-5]\\d)";
  private static final String CLOCK =
      "T(?:\\d{1,4}H(?:\\d{1,4}M(?:\\d{1,4}S)?)?|\\d{1,4}M(?:\\d{1,4}S)?|\\d{1,4}S)";
  private static final String DURATION =
      "P(?:\\d{1,4}W|"
          + CLOCK
          + "|(?:\\d{1,4}D|\\d{1,4}M(?:\\d{1,4}D)?|\\d{1,4}Y(?:\\d{1,4}M(?:\\d{1,4}D)?)?)(?:"
          + CLOCK
          + ")?)";
  private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String IPV4 = BYTE + "(?:\\." + BYTE + "){3}";
  private static final String HEX = "[0-9a-fA-F]";
  private static final String GROUP = HEX + "{1,4}";
  private static final String IPV6 =
      "(?:"
          + GROUP
          + ":){7}"
          + GROUP
          + "|::"
          + GROUP
          + "(?::"
          + GROUP
          + "){0,5}|::|"
          + compressed();
  private static final String LABEL = "[a-zA-Z0-9](?:-?[a-zA-Z0-9]){0,15}";
  private static final String TOP = "[a-zA-Z](?:-?[a-zA-Z0-9]){0,15}";
  private static final String HOST = "(?:" + LABEL + "\\.){0,3}" + TOP;

  /** Ends of names that every list of them has. */
  private static final String TOPS =
      "(?:com|org|net|edu|gov|io|de|fr|uk|us|eu|ch|at|jp|cn|in|info|biz)";

  private static final String DOMAIN = "(?:" + LABEL + "\\.){1,3}" + TOPS;
  private static final String ATOM = "[a-zA-Z0-9](?:[_+-]?[a-zA-Z0-9]){0,9}";
  private static final String EMAIL = ATOM + "(?:\\." + ATOM + "){0,2}@" + DOMAIN;
  private static final String PATH_CHAR = "(?:[a-zA-Z0-9._~!$'()*+,;=:@-]|%[0-9A-F]{2})";
  private static final String URI =
      "(?:https?|ftp)://"
          + HOST
          + "(?::[1-9]\\d{0,3})?(?:/"
          + PATH_CHAR
          + "*)*(?:\\?(?:"
          + PATH_CHAR
          + "|[/?&])*)?(?:#(?:"
          + PATH_CHAR
          + "|[/?&])*)?";
  private static final String POINTER = "(?:/(?:[a-zA-Z0-9_.$ @:-]|~[01])*)*";

  private static final Map<String, String> PATTERNS =
      Map.ofEntries(
          Map.entry("date", DAY),
          Map.entry("time", TIME),
          Map.entry("date-time", DAY + "T" + TIME),
          Map.entry("duration", DURATION),
          Map.entry("uuid", HEX + "{8}-(?:" + HEX + "{4}-){3}" + HEX + "{12}"),
          Map.entry("ipv4", IPV4),
          Map.entry("ipv6", IPV6),
          Map.entry("hostname", HOST),
          Map.entry("idn-hostname", HOST),
          Map.entry("email", EMAIL),
          Map.entry("idn-email", EMAIL),
          Map.entry("uri", URI),
          Map.entry("iri", URI),
          Map.entry("uri-reference", URI),
          Map.entry("iri-reference", URI),
          Map.entry("json-pointer", POINTER),
          Map.entry("relative-json-pointer", "(?:0|[1-9]\\d?)(?:#|" + POINTER + ")"));

  private static final Set<String> NOT_HELD = Set.of("regex", "uri-template");

  private static final Map<String, Format> MADE = new HashMap<>();

  /** Strings of at most this many characters are within the limits that parts of names have. */
  public static final int SHORT = 63;

  private static final String SHORT_LABEL = "[a-zA-Z0-9](?:-?[a-zA-Z0-9])*";
  private static final String SHORT_HOST = "(?:" + SHORT_LABEL + "\\.)*[a-zA-Z](?:-?[a-zA-Z0-9])*";
  private static final String SHORT_ATOM = "[a-zA-Z0-9](?:[_+-]?[a-zA-Z0-9])*";

  /** The same without counts of characters, for strings that are short as a whole. */
  private static final Map<String, String> SHORT_PATTERNS =
      Map.of(
          "hostname",
          SHORT_HOST,
          "idn-hostname",
          SHORT_HOST,
          "email",
          SHORT_ATOM + "(?:\\." + SHORT_ATOM + ")*@(?:" + SHORT_LABEL + "\\.)+" + TOPS,
          "idn-email",
          SHORT_ATOM + "@(?:" + SHORT_LABEL + "\\.)+" + TOPS);

  private final Regex regex;
  private final Dfa dfa;
  private final Optional<Dfa> brief;

  private Format(Regex regex, Dfa dfa, Optional<Dfa> brief) {
    this.regex = regex;
    this.dfa = dfa;
    this.brief = brief;
  }

  /** Whether JSON Schema knows a format of this name; others say nothing. */
  public static boolean isKnown(String name) {
    return PATTERNS.containsKey(name) || NOT_HELD.contains(name);
  }

  /** The format; empty: it is not known, or no grammar can say it. */
  public static Optional<Format> of(String name) {
    if (!PATTERNS.containsKey(name)) {
      return Optional.empty();
    }
    synchronized (MADE) {
      return Optional.of(MADE.computeIfAbsent(name, Format::made));
    }
  }

  /** The expression, which is the whole string. */
  public Regex regex() {
    return regex;
  }

  /** The language. */
  public Dfa dfa() {
    return dfa;
  }

  /** Its strings of at most {@link #SHORT} characters among others; empty: it has no such form. */
  public Optional<Dfa> brief() {
    return brief;
  }

  private static Format made(String name) {
    try {
      Regex regex = Pattern.own(PATTERNS.get(name));
      String brief = SHORT_PATTERNS.get(name);
      return new Format(
          regex,
          Nfa.whole(regex),
          brief == null ? Optional.empty() : Optional.of(Nfa.whole(Pattern.own(brief))));
    } catch (AutomatonTooLarge bug) {
      throw new IllegalStateException("format " + name, bug);
    }
  }

  /** Addresses in which one run of groups is left out, with some before it. */
  private static String compressed() {
    var forms = new StringBuilder();
    for (int before = 1; before <= 6; before++) {
      forms.append(before == 1 ? "" : "|").append("(?:").append(GROUP).append(":){");
      forms.append(before).append("}(?::").append(GROUP).append("){1,");
      forms.append(7 - before).append('}');
    }
    return forms + "|(?:" + GROUP + ":){1,7}:";
  }
}

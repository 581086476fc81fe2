package llm.train.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is true of the product, looked up in the references that tests keep equal to its code, so
 * that an answer cannot say what is no longer so. A placeholder is <code>${kind:what}</code>:
 *
 * <table>
 * <caption>kinds</caption>
 * <tr><td>{@code config:server.port}</td><td>the default of a setting</td></tr>
 * <tr><td>{@code mib:server.max_body_bytes}</td><td>the same in whole MiB, {@code 8 MiB}</td></tr>
 * <tr><td>{@code key:server.port}</td><td>the setting's own name</td></tr>
 * <tr><td>{@code variable:LOG_LEVEL}</td><td>an environment variable that sets one</td></tr>
 * <tr><td>{@code option:--model}</td><td>an option of the command line</td></tr>
 * <tr><td>{@code endpoint:POST /v1/messages}</td><td>an endpoint, with its method</td></tr>
 * <tr><td>{@code path:/v1/messages}</td><td>an endpoint's path</td></tr>
 * <tr><td>{@code script:tools/run}</td><td>a program of the repository</td></tr>
 * <tr><td>{@code file:docs/api.md}</td><td>a file of the repository</td></tr>
 * <tr><td>{@code doc:docs/api.md#words}</td><td>words that stand in that page</td></tr>
 * <tr><td>{@code pom:license/name}</td><td>the text of elements within each other</td></tr>
 * </table>
 *
 * Immutable once read.
 */
final class Facts {
  private static final Path SETTINGS = Path.of("docs", "configuration.md");
  private static final Path API = Path.of("docs", "api.md");
  private static final Path POM = Path.of("pom.xml");
  private static final Pattern PLACEHOLDER =
      Pattern.compile("\\$\\{([^:{}]*):?((?:[^{}]|\\{[^{}]*\\})*)\\}?");
  private static final Pattern QUOTED = Pattern.compile("`([^`]*)`");
  private static final Pattern ENDPOINT = Pattern.compile("`([A-Z]{2,7}) (/[^`]*)`");
  private static final Pattern OPTION = Pattern.compile("^\\| `(--[a-z-]+)");
  private static final int MIB = 1 << 20;

  private final Path root;
  private final Map<String, String> defaults = new HashMap<>(); // by the setting's whole name
  private final Set<String> variables = new HashSet<>();
  private final Set<String> options = new HashSet<>();
  private final Set<String> endpoints = new HashSet<>();
  private final Set<String> paths = new HashSet<>();
  private final Map<Path, String> pages = new HashMap<>(); // read so far

  private Facts(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /**
   * What the references under {@code root} say.
   *
   * @throws CorpusException when one of them cannot be read
   */
  static Facts read(Path root) {
    var facts = new Facts(root);
    facts.readSettings();
    facts.readEndpoints();
    return facts;
  }

  private void readSettings() {
    String file = "";
    String section = "";
    for (Line line : Line.all(root.resolve(SETTINGS), SETTINGS)) {
      String text = line.text();
      Matcher option = OPTION.matcher(text);
      if (text.startsWith("## ")) {
        file = text.substring(3).replace("`", "");
        section = "";
      } else if (text.startsWith("### ")) {
        section = text.startsWith("### `") ? text.substring(5, text.length() - 1) + "." : "";
      } else if (option.find()) {
        options.add(option.group(1));
      } else if (text.startsWith("| `") && file.equals("config.yml")) {
        readSetting(section, text.split("(?<!\\\\)\\|"));
      }
    }
  }

  private void readSetting(String section, String[] cells) {
    String value = cells[3].strip();
    defaults.put(section + unquoted(cells[1]), value.startsWith("`") ? unquoted(value) : "");
    Matcher names = QUOTED.matcher(cells[4]);
    while (names.find()) {
      variables.add(names.group(1));
    }
  }

  private void readEndpoints() {
    for (Line line : Line.all(root.resolve(API), API)) {
      Matcher row = ENDPOINT.matcher(line.text());
      if (line.text().startsWith("| `") && row.find()) {
        endpoints.add(row.group(1) + " " + row.group(2));
        paths.add(row.group(2));
      }
    }
  }

  private static String unquoted(String cell) {
    String text = cell.strip();
    return text.substring(1, text.length() - 1);
  }

  /** The line's text from {@code from} on, with the values of its placeholders. */
  String resolve(Line line, int from) {
    var text = new StringBuilder();
    Matcher placeholder = PLACEHOLDER.matcher(line.text()).region(from, line.text().length());
    while (placeholder.find()) {
      placeholder.appendReplacement(
          text, Matcher.quoteReplacement(value(line, placeholder.group(1), placeholder.group(2))));
    }
    placeholder.appendTail(text);
    return text.substring(from).strip();
  }

  private String value(Line line, String kind, String what) {
    return switch (kind) {
      case "config" -> setting(line, what);
      case "mib" -> mebibytes(line, what);
      case "key" -> declared(line, "setting", what, defaults.containsKey(what), SETTINGS);
      case "variable" -> declared(line, "variable", what, variables.contains(what), SETTINGS);
      case "option" -> declared(line, "option", what, options.contains(what), SETTINGS);
      case "endpoint" -> declared(line, "endpoint", what, endpoints.contains(what), API);
      case "path" -> declared(line, "path", what, paths.contains(what), API);
      case "script" -> script(line, what);
      case "file" -> file(line, what);
      case "doc" -> words(line, what);
      case "pom" -> element(line, what);
      default ->
          throw line.wrong(
              "'${"
                  + kind
                  + ":' is no kind of placeholder; one of config, mib, key, variable,"
                  + " option, endpoint, path, script, file, doc, pom");
    };
  }

  private String setting(Line line, String key) {
    String value =
        defaults.get(declared(line, "setting", key, defaults.containsKey(key), SETTINGS));
    if (value.isEmpty()) {
      throw line.wrong("setting " + key + " has no default; say something else in the answer");
    }
    return value;
  }

  private String mebibytes(Line line, String key) {
    String value = setting(line, key);
    if (!value.matches("\\d{1,18}") || Long.parseLong(value) % MIB != 0) {
      throw line.wrong(
          "default " + value + " of " + key + " is not whole MiB; use ${config:" + key + "}");
    }
    return Long.parseLong(value) / MIB + " MiB";
  }

  private static String declared(Line line, String kind, String what, boolean is, Path page) {
    if (!is) {
      throw line.wrong(
          kind
              + " '"
              + what
              + "' is not in "
              + page
              + "; name one that is there, or write that page anew");
    }
    return what;
  }

  private String script(Line line, String name) {
    if (!Files.isExecutable(within(line, name))) {
      throw line.wrong("program '" + name + "' is not there; name one that is");
    }
    return name;
  }

  private String file(Line line, String name) {
    if (!Files.isRegularFile(within(line, name))) {
      throw line.wrong("file '" + name + "' is not there; name one that is");
    }
    return name;
  }

  private String words(Line line, String what) {
    int mark = Math.max(what.indexOf('#'), 0);
    Path page = Path.of(file(line, what.substring(0, mark)));
    String words = what.substring(mark + 1);
    if (!text(line, page).contains(words)) {
      throw line.wrong(page + " does not say '" + words + "'; say what it says");
    }
    return words;
  }

  private String element(Line line, String names) {
    String opening = "<" + names.replace("/", ">\\s*<") + ">\\s*([^<]*?)\\s*</";
    Matcher element = Pattern.compile(opening).matcher(text(line, POM));
    if (!names.matches("[A-Za-z./-]+") || !element.find()) {
      throw line.wrong(POM + " has no element " + names + "; name one that it has");
    }
    return element.group(1);
  }

  private Path within(Line line, String name) {
    Path path = root.resolve(name).normalize();
    if (!path.startsWith(root)) {
      throw line.wrong("'" + name + "' is outside of the repository; name something in it");
    }
    return path;
  }

  private String text(Line line, Path page) {
    return pages.computeIfAbsent(
        page,
        _ -> {
          var text = new StringBuilder();
          Line.all(within(line, page.toString()), page)
              .forEach(each -> text.append(each.text()).append('\n'));
          return text.toString();
        });
  }
}

package llm.core.config;

import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import llm.core.config.ConfigSources.Flag;
import llm.core.config.YamlNode.Mapping;

/** What the sections of one file share while they are read: overrides, declarations, problems. */
final class LoadState {
  private static final int MAX_SHOWN = 80;

  /** Ours, but for the search of the file and for the start script. */
  private static final Set<String> NOT_SETTINGS = Set.of(ConfigLocation.VARIABLE, "LLM_JAVA_OPTS");

  private static final Pattern USER_INFO = Pattern.compile("//[^/@\\s]+@");

  private final String source;
  private final Map<String, Flag> flags;
  private final Variables variables;
  private final boolean overridable;
  private final Declarations declarations = new Declarations();
  private final Set<String> usedFlags = new HashSet<>();
  private final Map<String, Raw> origins = new HashMap<>();
  private final Set<ConfigProblem> problems = new LinkedHashSet<>();

  /**
   * A value before it is parsed.
   *
   * @param shown how messages call it: itself, or a word for it where it may be a secret
   */
  record Raw(String text, String source, int line, String shown) {}

  /**
   * State of the file that problems call {@code source}.
   *
   * @param overridable whether flags and the environment set values of this file
   */
  LoadState(String source, Map<String, Flag> flags, Variables variables, boolean overridable) {
    this.source = source;
    this.flags = flags;
    this.variables = variables;
    this.overridable = overridable;
  }

  Declarations declarations() {
    return declarations;
  }

  void problem(int line, String path, String message) {
    problems.add(new ConfigProblem(source, line, path, message));
  }

  /** A problem with the value that {@code path} has now, wherever it came from. */
  void reject(String path, int sectionLine, String message) {
    Raw origin = origins.get(path);
    problems.add(
        origin == null
            ? new ConfigProblem(source, sectionLine, path, message)
            : new ConfigProblem(origin.source, origin.line, path, message));
  }

  /** The value from a flag, the environment or {@code .env}; empty when none of them has it. */
  Optional<Raw> override(Declarations.Key key) {
    String path = key.path();
    if (!overridable) {
      return Optional.empty();
    }
    Flag flag = flags.get(path);
    if (flag != null) {
      usedFlags.add(path);
      return Optional.of(keep(path, raw(key.setting(), flag.value(), flag.name(), 0)));
    }
    return first(key.environment(), variables::inEnvironment)
        .or(() -> first(key.environment(), variables::inFile))
        .map(found -> keep(path, raw(key.setting(), found.text().strip(), found.source(), 0)));
  }

  private static <T> Optional<T> first(List<String> names, Function<String, Optional<T>> look) {
    for (String name : names) {
      Optional<T> found = look.apply(name);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** The value a file has, its references replaced; empty when there is none or a problem. */
  Optional<Raw> fromFile(String path, Setting<?> setting, YamlNode node, int line) {
    if (!(node instanceof YamlNode.Scalar(String text, boolean isNull, int _))) {
      String kind = node instanceof Mapping ? "a mapping" : "a list";
      problem(line, path, "must be " + setting.type() + ", not " + kind);
      return Optional.empty();
    }
    if (isNull) {
      return Optional.empty();
    }
    if (setting.isSecret() && !References.isOne(text)) {
      problem(
          line,
          path,
          "a secret must not stand in a file; write ${NAME} and set NAME in the environment or "
              + variables.envFile());
      return Optional.empty();
    }
    return resolve(path, setting, text, line);
  }

  private Optional<Raw> resolve(String path, Setting<?> setting, String text, int line) {
    try {
      String value = new References(variables).resolve(text);
      if (!References.hasAny(text)) {
        return Optional.of(keep(path, raw(setting, value, source, line)));
      }
      return value.isBlank()
          ? Optional.empty() // every reference had an empty default: not set
          : Optional.of(keep(path, new Raw(value, source, line, "the value of " + text)));
    } catch (IllegalArgumentException refused) {
      problem(line, path, refused.getMessage());
      return Optional.empty();
    }
  }

  /** The typed value; empty, and a problem, when the text does not fit. */
  <T> Optional<T> parse(Setting<T> setting, String path, Raw raw) {
    try {
      return Optional.of(setting.parse().apply(raw.text));
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException refused) {
      boolean explains =
          refused.getClass() == IllegalArgumentException.class && refused.getMessage() != null;
      String wanted = explains ? refused.getMessage() : setting.type();
      problems.add(new ConfigProblem(raw.source, raw.line, path, raw.shown + " must be " + wanted));
      return Optional.empty();
    }
  }

  /** The values that were found, wherever they came from, by their paths. */
  Map<String, String> values() {
    var values = new HashMap<String, String>();
    origins.forEach((path, raw) -> values.put(path, raw.text));
    return values;
  }

  /** Everything wrong so far and every key of {@code root} that nobody read. */
  List<ConfigProblem> problems(Mapping root) {
    var all = new LinkedHashSet<>(problems);
    addUnread(root, "", all);
    flags.forEach((path, flag) -> {
      if (overridable && !usedFlags.contains(path)) {
        all.add(new ConfigProblem(flag.name(), 0, path, "is not a setting" + meant(path)));
      }
    });
    return all.stream()
        .sorted(Comparator.comparingInt(p -> p.line() == 0 ? Integer.MAX_VALUE : p.line()))
        .toList();
  }

  /** Variables that look like ours and set nothing. */
  List<String> warnings() {
    if (!overridable) {
      return List.of();
    }
    var known = new HashSet<>(NOT_SETTINGS);
    declarations.keys().forEach(key -> known.addAll(key.environment()));
    var warnings = new ArrayList<String>();
    addUnknown("environment ", variables.environment(), known, warnings);
    addUnknown(variables.envFile() + " ", variables.fileValues(), known, warnings);
    return warnings;
  }

  private static void addUnknown(
      String source, Map<String, String> values, Set<String> known, List<String> into) {
    values.keySet().stream()
        .filter(name -> name.startsWith("LLM_") && !known.contains(name))
        .sorted()
        .map(name ->
            source
                + name
                + ": sets nothing"
                + EditDistance.nearest(name, name.length(), known)
                    .map(near -> "; did you mean " + near + "?")
                    .orElse(""))
        .forEach(into::add);
  }

  private void addUnread(Mapping mapping, String path, Set<ConfigProblem> into) {
    mapping
        .entries()
        .forEach((key, entry) -> {
          String childPath = Declarations.join(path, key);
          if (!mapping.isRead(key)) {
            into.add(
                new ConfigProblem(
                    source, entry.keyLine(), childPath, "is not a setting" + meant(childPath)));
          } else if (entry.value() instanceof Mapping child && child.isOpened()) {
            addUnread(child, childPath, into);
          } else if (entry.value() instanceof YamlNode.Sequence(var items, int _)) {
            addUnreadOf(items, childPath, into);
          }
        });
  }

  private void addUnreadOf(List<YamlNode> items, String path, Set<ConfigProblem> into) {
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i) instanceof Mapping child && child.isOpened()) {
        addUnread(child, path + "[" + i + "]", into);
      }
    }
  }

  private String meant(String path) {
    return declarations.nearest(path).map(near -> "; did you mean " + near + "?").orElse("");
  }

  private Raw keep(String path, Raw raw) {
    origins.put(path, raw);
    return raw;
  }

  private static Raw raw(Setting<?> setting, String text, String from, int line) {
    return new Raw(text, from, line, setting.isSecret() ? "the value" : shown(text));
  }

  /** One short line without the user and password of a URL. */
  private static String shown(String text) {
    String masked = USER_INFO.matcher(text).replaceAll("//***@");
    String plain = masked.replaceAll("\\p{Cntrl}", "?");
    String cut = plain.length() <= MAX_SHOWN ? plain : plain.substring(0, MAX_SHOWN) + "…";
    return cut.isBlank() ? "'" + cut + "'" : cut;
  }
}

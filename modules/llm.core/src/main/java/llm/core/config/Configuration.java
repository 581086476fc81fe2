package llm.core.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import llm.core.config.YamlNode.Mapping;

/**
 * The configuration of a process:
 *
 * <ol>
 *   <li>{@link #load} finds and reads the files; a file that is not YAML ends here.
 *   <li>Modules read what they need from {@link #root()}.
 *   <li>{@link #verify()} throws everything that was wrong, and every key that nobody read.
 * </ol>
 *
 * <p>Where the files are looked for:
 *
 * <ul>
 *   <li>the configuration, first found: what {@code --config} names, what {@code LLM_CONFIG} names,
 *       {@code configs/config.yml} in the working folder, {@code conf/config.yml} in the
 *       installation; a name may be the file's or its folder's; no file is needed.
 *   <li>{@code .env}, first found: beside that file, in the folder above, in the working folder.
 * </ul>
 *
 * <p>A value of a file may name variables of the environment or {@code .env}: {@code ${NAME}},
 * {@code ${NAME:-default}}; <code>$${</code> is a literal <code>${</code>. A variable that is blank
 * counts as not set. Not thread-safe.
 */
public final class Configuration {
  private final ConfigSources sources;
  private final Variables variables;
  private final ConfigLocation location;
  private final LoadState state;
  private final Mapping mapping;
  private final Section root;

  private Configuration(
      ConfigSources sources,
      Variables variables,
      ConfigLocation location,
      LoadState state,
      Mapping mapping) {
    this.sources = sources;
    this.variables = variables;
    this.location = location;
    this.state = state;
    this.mapping = mapping;
    this.root = new FileSection(state, "", mapping);
  }

  /**
   * Finds and reads the configuration file and {@code .env}.
   *
   * @throws ConfigException when a file that was named is missing, or one is not readable
   */
  public static Configuration load(ConfigSources sources) throws ConfigException {
    var location = ConfigLocation.find(sources);
    var variables = location.variables(sources);
    if (location.file().isEmpty()) {
      return of(sources, variables, location, "built-in defaults", "");
    }
    String name = ConfigLocation.display(sources.workingFolder(), location.file().get());
    return of(sources, variables, location, name, TextFile.read(name, location.file().get()));
  }

  /**
   * Reads a configuration from text, without {@code .env}.
   *
   * @param name what problems call the text
   * @throws ConfigException when the text is not readable
   */
  public static Configuration parse(String name, String yaml, ConfigSources sources)
      throws ConfigException {
    return of(
        sources,
        new Variables(sources.environment(), ".env", Map.of()),
        new ConfigLocation(Optional.empty(), Optional.empty()),
        name,
        yaml);
  }

  private static Configuration of(
      ConfigSources sources, Variables variables, ConfigLocation location, String name, String yaml)
      throws ConfigException {
    var state = new LoadState(name, sources.flags(), variables, true);
    return new Configuration(sources, variables, location, state, YamlReader.read(name, yaml));
  }

  /**
   * Another file of the same folder, as {@code models.yml}; empty content when there is none. Its
   * values may be references, but no flag and no variable sets them.
   *
   * @throws ConfigException when the file is not readable
   */
  public Configuration beside(String fileName) throws ConfigException {
    Optional<Path> file =
        location.folder().map(folder -> folder.resolve(fileName)).filter(Files::exists);
    if (file.isEmpty()) {
      return ofFile(Optional.empty(), fileName, "");
    }
    String name = ConfigLocation.display(sources.workingFolder(), file.get());
    return ofFile(file, name, TextFile.read(name, file.get()));
  }

  /**
   * Another file, wherever it is, read as one {@link #beside} is.
   *
   * @param file taken from the working folder where it is relative
   * @throws ConfigException when it is missing or not readable
   */
  public Configuration other(Path file) throws ConfigException {
    Path whole = sources.workingFolder().resolve(file);
    String name = ConfigLocation.display(sources.workingFolder(), whole);
    return ofFile(Optional.of(whole), name, TextFile.read(name, whole));
  }

  private Configuration ofFile(Optional<Path> file, String name, String yaml)
      throws ConfigException {
    return new Configuration(
        sources,
        variables,
        new ConfigLocation(location.folder(), file),
        new LoadState(name, Map.of(), variables, false),
        YamlReader.read(name, yaml));
  }

  /** What modules read from. */
  public Section root() {
    return root;
  }

  /** The file that was read; empty when there was none. */
  public Optional<Path> file() {
    return location.file();
  }

  /** The folder that relative names of other configuration files are taken from. */
  public Optional<Path> folder() {
    return location.folder();
  }

  /** What is wrong so far; a key that is still to be read counts as unknown. */
  public List<ConfigProblem> problems() {
    return state.problems(mapping);
  }

  /**
   * Ends the reading.
   *
   * @throws ConfigException with everything that is wrong
   */
  public void verify() throws ConfigException {
    var problems = problems();
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  /**
   * Variables whose name begins with {@code LLM_} and that set nothing, one sentence each. Not
   * errors: other programs may use the prefix. Only of the main configuration.
   */
  public List<String> warnings() {
    return state.warnings();
  }

  /**
   * The paths of the settings that were read and whose values are not those of {@code older}, added
   * and missing ones among them. Values are not told: some are secrets.
   */
  public SortedSet<String> changedFrom(Configuration older) {
    Map<String, String> now = state.values();
    Map<String, String> before = older.state.values();
    var changed = new TreeSet<>(now.keySet());
    changed.addAll(before.keySet());
    changed.removeIf(path -> Objects.equals(now.get(path), before.get(path)));
    return changed;
  }
}

package llm.core.config;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where a configuration may come from.
 *
 * @param flags by the path of the setting they set, as {@code server.port}
 * @param environment the process's environment
 * @param workingFolder what relative paths are taken from
 * @param config the file or folder that {@code --config} names
 * @param home the installation's folder, whose {@code conf/} is looked at last
 */
public record ConfigSources(
    Map<String, Flag> flags,
    Map<String, String> environment,
    Path workingFolder,
    Optional<Path> config,
    Optional<Path> home) {

  /**
   * A command-line flag.
   *
   * @param name as the user wrote it, as {@code --port}
   * @param value what followed it
   */
  public record Flag(String name, String value) {}

  /** Copies the maps; the flags stay in their order. */
  public ConfigSources {
    flags = Collections.unmodifiableMap(new LinkedHashMap<>(flags));
    environment = Map.copyOf(environment);
  }

  /** This environment and working folder, nothing else. */
  public static ConfigSources of(Map<String, String> environment, Path workingFolder) {
    return new ConfigSources(
        Map.of(), environment, workingFolder, Optional.empty(), Optional.empty());
  }

  /** The environment and working folder of this process. */
  public static ConfigSources process() {
    return of(System.getenv(), Path.of("").toAbsolutePath());
  }

  /** With a flag that sets {@code path}. */
  public ConfigSources withFlag(String path, String name, String value) {
    var more = new LinkedHashMap<>(flags);
    more.put(path, new Flag(name, value));
    return new ConfigSources(more, environment, workingFolder, config, home);
  }

  /** With the file or folder of {@code --config}. */
  public ConfigSources withConfig(Path fileOrFolder) {
    return new ConfigSources(flags, environment, workingFolder, Optional.of(fileOrFolder), home);
  }

  /** With the installation's folder. */
  public ConfigSources withHome(Path folder) {
    return new ConfigSources(flags, environment, workingFolder, config, Optional.of(folder));
  }
}

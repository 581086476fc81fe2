package llm.core.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the files are. The configuration is, first found: what {@code --config} names; what {@code
 * LLM_CONFIG} names; {@code configs/config.yml} in the working folder; {@code conf/config.yml} in
 * the installation. A name may be that of the file or of its folder, where the file may then be
 * missing. None is needed at all.
 *
 * <p>{@code .env} is, first found: beside the configuration file, in the folder above it, in the
 * working folder.
 *
 * @param folder where the configuration and the files beside it are
 * @param file the configuration file
 */
record ConfigLocation(Optional<Path> folder, Optional<Path> file) {
  static final String VARIABLE = "LLM_CONFIG";
  static final String FILE_NAME = "config.yml";

  static ConfigLocation find(ConfigSources sources) throws ConfigException {
    if (sources.config().isPresent()) {
      return named("--config", sources.workingFolder().resolve(sources.config().get()));
    }
    String variable = sources.environment().getOrDefault(VARIABLE, "");
    if (!variable.isBlank()) {
      return named("environment " + VARIABLE, sources.workingFolder().resolve(variable.strip()));
    }
    return Stream.concat(
            Stream.of(sources.workingFolder().resolve("configs")),
            sources.home().stream().map(home -> home.resolve("conf")))
        .filter(folder -> Files.isRegularFile(folder.resolve(FILE_NAME)))
        .findFirst()
        .map(ConfigLocation::ofFolder)
        .orElse(new ConfigLocation(Optional.empty(), Optional.empty()));
  }

  private static ConfigLocation named(String source, Path path) throws ConfigException {
    if (Files.isDirectory(path)) {
      return ofFolder(path);
    }
    if (!Files.exists(path)) {
      throw new ConfigException(
          List.of(new ConfigProblem(source, 0, "", "there is no file or folder " + path)));
    }
    return new ConfigLocation(Optional.ofNullable(path.getParent()), Optional.of(path));
  }

  private static ConfigLocation ofFolder(Path folder) {
    return new ConfigLocation(
        Optional.of(folder), Optional.of(folder.resolve(FILE_NAME)).filter(Files::exists));
  }

  /** Reads the environment together with {@code .env}. */
  Variables variables(ConfigSources sources) throws ConfigException {
    Path working = sources.workingFolder();
    var folders =
        Stream.concat(
            folder.stream().flatMap(at -> Stream.concat(Stream.of(at), parent(at))),
            Stream.of(working));
    Optional<Path> file =
        folders.map(at -> at.resolve(".env")).filter(Files::isRegularFile).findFirst();
    if (file.isEmpty()) {
      return new Variables(sources.environment(), ".env", Map.of());
    }
    String name = display(working, file.get());
    return new Variables(
        sources.environment(), name, EnvFile.parse(name, TextFile.read(name, file.get())));
  }

  private static Stream<Path> parent(Path folder) {
    return Stream.ofNullable(folder.toAbsolutePath().normalize().getParent());
  }

  /** How messages call a file: relative to the working folder when it lies in it. */
  static String display(Path working, Path file) {
    Path base = working.toAbsolutePath().normalize();
    Path full = file.toAbsolutePath().normalize();
    return (full.startsWith(base) ? base.relativize(full) : full).toString().replace('\\', '/');
  }
}

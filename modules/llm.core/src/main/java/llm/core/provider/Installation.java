package llm.core.provider;

import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The folder that holds what belongs to the program beside its code: {@code conf/}, {@code
 * native/}, {@code models/}.
 *
 * <p>Property {@code llm.home}: the folder; without it, that of the image the program is linked
 * into, and none when it runs from a module path or class path.
 */
public final class Installation {
  private static final String PROPERTY = "llm.home";
  private static final String LINKED = "jrt";

  private Installation() {}

  /** The folder, when there is one. Does not look whether it exists. */
  public static Optional<Path> home() {
    return Optional.ofNullable(System.getProperty(PROPERTY)).map(Path::of).or(Installation::image);
  }

  /** The run-time image's folder when this module is part of the image. */
  private static Optional<Path> image() {
    Module module = Installation.class.getModule();
    return Optional.ofNullable(module.getLayer())
        .flatMap(layer -> layer.configuration().findModule(module.getName()))
        .map(resolved -> resolved.reference())
        .flatMap(ModuleReference::location)
        .filter(location -> LINKED.equals(location.getScheme()))
        .map(_ -> Path.of(System.getProperty("java.home")));
  }
}

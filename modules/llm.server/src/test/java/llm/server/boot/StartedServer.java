package llm.server.boot;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import llm.core.config.ConfigSources;
import llm.core.telemetry.JsonLines;
import llm.domain.port.TimeSource;

/** The whole server in this process, on a free port, for tests of other packages. */
@SuppressWarnings("try") // its close waits, and may be interrupted
public final class StartedServer implements AutoCloseable {
  private final Application application;

  private StartedServer(Application application) {
    this.application = application;
  }

  /** Starts with this configuration, written to {@code folder}. */
  public static StartedServer of(Path folder, Map<String, String> environment, String yaml)
      throws Exception {
    Files.writeString(folder.resolve("config.yml"), yaml);
    var settings = Settings.read(ConfigSources.of(environment, folder).withConfig(folder));
    var telemetry =
        new JsonLines(OutputStream.nullOutputStream(), settings.telemetry(), TimeSource.SYSTEM);
    var application =
        Application.start(
            settings,
            Set.of(),
            telemetry,
            Optional.empty(),
            () -> Settings.read(ConfigSources.of(environment, folder).withConfig(folder)));
    application.verify(settings);
    return new StartedServer(application);
  }

  /** {@code http://HOST:PORT}. */
  public String url() {
    return application.url();
  }

  /** Its endpoints, as {@code GET /health}. */
  public SortedSet<String> endpoints() {
    return application.routes().stream()
        .map(route -> route.method() + " " + route.template())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Override
  public void close() {
    try {
      application.shutDown(() -> {});
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}

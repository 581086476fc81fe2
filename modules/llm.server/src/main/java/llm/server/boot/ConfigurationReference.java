package llm.server.boot;

import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.Prompts;
import llm.core.concurrent.TimerThread;
import llm.core.config.Reference;
import llm.core.gateway.Gateway;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.TelemetrySettings;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;

/** The reference of every setting and option: {@code docs/configuration.md}. */
final class ConfigurationReference {
  private ConfigurationReference() {}

  /** The page. Every part of the product declares its settings by reading them once. */
  static String markdown() {
    var main = Reference.ofMain("config.yml");
    Settings.declare(main.root());
    var models = Reference.ofBeside(Settings.MODELS);
    Catalogue.read(models.root());
    var prompts = Reference.ofBeside(Settings.PROMPTS);
    Prompts.read(prompts.root());
    try (var timer = new TimerThread(_ -> {});
        var silent =
            new JsonLines(
                OutputStream.nullOutputStream(), TelemetrySettings.DEFAULT, TimeSource.SYSTEM);
        var _ =
            Gateway.open(
                main.root(),
                () -> Catalogue.EMPTY,
                silent,
                timer,
                IdSource.RANDOM,
                _ -> {},
                Optional.empty())) {
      return Reference.markdown(List.of(main, models, prompts)) + options();
    }
  }

  private static String options() {
    var page = new StringBuilder("## Command line\n\n| option | meaning |\n|---|---|\n");
    for (CommandOption option : CommandOption.values()) {
      page.append("| `").append(option.flag());
      page.append(option.takesValue() ? "=" + option.label() : "").append("` | ");
      page.append(option.description()).append(" |\n");
    }
    return page.toString();
  }
}

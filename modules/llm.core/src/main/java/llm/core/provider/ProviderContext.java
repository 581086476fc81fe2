package llm.core.provider;

import java.nio.file.Path;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.config.Section;
import llm.core.telemetry.Telemetry;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;

/**
 * What a provider is given to live with.
 *
 * @param section its part of the configuration
 * @param telemetry where it logs and counts
 * @param alarms the process's timer; its clocks are the ones to use
 * @param ids where ids come from
 * @param home the installation's folder, where {@code native/} lies; empty when not known
 */
public record ProviderContext(
    Section section, Telemetry telemetry, Alarms alarms, IdSource ids, Optional<Path> home) {

  /** The clocks. */
  public TimeSource time() {
    return alarms.time();
  }
}

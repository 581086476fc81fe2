package llm.core.provider;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import llm.core.concurrent.Alarms;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.telemetry.Telemetry;
import llm.domain.port.ChatProvider;
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
 * @param running the providers there are already, when the configuration is read again
 */
public record ProviderContext(
    Section section,
    Telemetry telemetry,
    Alarms alarms,
    IdSource ids,
    Optional<Path> home,
    Running running) {

  /** What a provider says for {@link ChatProvider#systemPrefix}; each reads it. */
  public static final Setting<String> SYSTEM_PREFIX =
      Setting.optionalText(
          "system_prefix", "Text before the system message of every request that goes there.");

  /** The providers that run while the configuration is read again. */
  @FunctionalInterface
  public interface Running {
    /**
     * The provider {@code id} where it is to go on: it was made from equal settings, or cannot be
     * replaced.
     */
    Optional<ChatProvider> keep(String id, Object settings, boolean replaceable);
  }

  /** What a provider is given when none runs yet. */
  public ProviderContext(
      Section section, Telemetry telemetry, Alarms alarms, IdSource ids, Optional<Path> home) {
    this(section, telemetry, alarms, ids, home, (_, _, _) -> Optional.empty());
  }

  /**
   * The provider {@code id}: the one that runs already from the same settings, else a new one. A
   * provider that is not made by this is made anew with every reading of the configuration, and the
   * old one closed when nobody uses it any more.
   *
   * @param settings what it is made from, compared by {@code equals}
   */
  public ProviderSetup ready(String id, Object settings, Supplier<ChatProvider> start) {
    return new ProviderSetup.Ready(running.keep(id, settings, true).orElseGet(start));
  }

  /** The same for one that cannot be replaced: other settings wait for the next start. */
  public ProviderSetup readyOnce(String id, Object settings, Supplier<ChatProvider> start) {
    return new ProviderSetup.Ready(running.keep(id, settings, false).orElseGet(start));
  }

  /** The clocks. */
  public TimeSource time() {
    return alarms.time();
  }
}

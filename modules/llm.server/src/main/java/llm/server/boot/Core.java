package llm.server.boot;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.TimerThread;
import llm.core.config.ConfigException;
import llm.core.config.ConfigSources;
import llm.core.conversation.Conversations;
import llm.core.gateway.Gateway;
import llm.core.provider.Installation;
import llm.core.telemetry.Telemetry;
import llm.core.telemetry.TelemetrySettings;
import llm.domain.port.TimeSource;

/**
 * What the server serves, without the server: gateway, stores and conversations, opened as {@link
 * Boot} opens them. Thread-safe; whoever opens it closes it.
 */
public final class Core implements AutoCloseable {
  private final TimerThread timer;
  private final Gateway gateway;
  private final Duration gatewayOpening;
  private final Stores stores;
  private final Conversations conversations;
  private final TelemetrySettings telemetry;
  private final List<String> warnings;

  /** Where conversations and summaries are kept. */
  public enum Keeping {
    /** Where the configuration says. */
    AS_CONFIGURED,
    /** In memory, so that a server may run beside it on the same files. */
    IN_MEMORY
  }

  /** Why there is no core. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String sentence, Throwable cause) {
      super(sentence, cause);
    }
  }

  private Core(
      TimerThread timer,
      Gateway gateway,
      Duration gatewayOpening,
      Stores stores,
      Settings settings,
      Telemetry telemetry) {
    this.timer = timer;
    this.gatewayOpening = gatewayOpening;
    this.gateway = gateway;
    this.stores = stores;
    this.conversations = Application.conversations(settings, gateway, stores, telemetry, timer);
    this.telemetry = settings.telemetry();
    this.warnings = settings.warnings();
  }

  /**
   * Opens it. Blocks while files are read; no network is waited for.
   *
   * @param prompts the file of prompts; empty: that beside the configuration
   * @throws ConfigException with everything that is wrong with the configuration
   * @throws Refused when the store cannot be opened
   */
  public static Core open(
      ConfigSources sources, Optional<Path> prompts, Keeping keeping, Telemetry telemetry)
      throws ConfigException, Refused {
    Optional<Path> home = Installation.home();
    var settings = Settings.read(home.map(sources::withHome).orElse(sources), prompts);
    var log = telemetry.log("llm.server");
    var timer = new TimerThread(failure -> log.error("alarm_failed").cause(failure).emit());
    long began = timer.time().nanoTime();
    var gateway = Application.openGateway(settings, telemetry, timer, _ -> {}, home);
    var opening = Duration.ofNanos(timer.time().nanoTime() - began);
    boolean open = false;
    try {
      settings.verify();
      var stores = Stores.open(store(settings, keeping), timer, telemetry);
      gateway.keepAnswersIn(stores.values());
      open = true;
      return new Core(timer, gateway, opening, stores, settings, telemetry);
    } catch (StartFailure refused) {
      throw new Refused(refused.getMessage(), refused);
    } finally {
      if (!open) {
        gateway.close();
        timer.close();
      }
    }
  }

  private static StoreSettings store(Settings settings, Keeping keeping) {
    return switch (keeping) {
      case AS_CONFIGURED -> settings.store();
      case IN_MEMORY -> settings.store().inMemory();
    };
  }

  /** Asks the models. */
  public Gateway gateway() {
    return gateway;
  }

  /** How long it took to open the gateway, the clients of all providers among it. */
  public Duration gatewayOpening() {
    return gatewayOpening;
  }

  /** Leads the conversations. */
  public Conversations conversations() {
    return conversations;
  }

  /** Which store is used, in the word for users. */
  public String storeKind() {
    return stores.kind();
  }

  /** Deadlines of calls. */
  public Alarms alarms() {
    return timer;
  }

  /** The clock. */
  public TimeSource time() {
    return timer.time();
  }

  /** What the configuration says of logs; it is for the caller to follow. */
  public TelemetrySettings telemetry() {
    return telemetry;
  }

  /** Sentences: variables that set nothing. */
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public void close() {
    conversations.close();
    gateway.close();
    stores.close();
    timer.close();
  }
}

package llm.server.boot;

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import llm.core.concurrent.TimerThread;
import llm.core.config.ConfigException;
import llm.core.config.ConfigSources;
import llm.core.provider.Installation;
import llm.core.telemetry.JsonLines;
import llm.domain.port.TimeSource;
import llm.server.auth.NewApiKey;

/** Runs what the command line asks for. */
public final class Boot {
  private static final int OK = 0;
  private static final int WRONG_USE = 2;

  /** What a shell reports of a process that a signal ended: 128 + SIGTERM. */
  private static final int KILLED = 143;

  private static final String LOCAL = "local";

  private final long startedNanos;
  private final Optional<Path> home = Installation.home();

  private Boot(long startedNanos) {
    this.startedNanos = startedNanos;
  }

  /**
   * Runs the command.
   *
   * @param startedNanos when the process began, on the monotonic clock
   * @return the exit code; empty when a server runs on
   */
  public static OptionalInt run(long startedNanos, String... args) {
    var boot = new Boot(startedNanos);
    return switch (new CommandLineReader(Version.current()).read(args)) {
      case Command.Serve serve -> boot.serve(serve.choices());
      case Command.CheckConfig check -> OptionalInt.of(boot.check(check.choices()));
      case Command.PrintReference _ -> OptionalInt.of(print(ConfigurationReference.markdown()));
      case Command.NewKey key -> OptionalInt.of(print(NewApiKey.describe(key.name())));
      case Command.Print text -> OptionalInt.of(print(text.text()));
      case Command.Refuse refusal -> {
        System.err.print(refusal.text());
        yield OptionalInt.of(WRONG_USE);
      }
    };
  }

  private static int print(String text) {
    System.out.print(text);
    System.out.flush();
    return OK;
  }

  private OptionalInt serve(Command.Choices choices) {
    HeadStart.begin();
    try {
      var settings = Settings.read(sources(choices));
      var telemetry = JsonLines.standardOutput(settings.telemetry());
      boolean wantsLocal = choices.flags().containsKey(CommandLineReader.LOCAL_MODEL);
      Set<String> wanted = wantsLocal ? Set.of(LOCAL) : Set.of();
      var application =
          Application.start(
              settings, wanted, telemetry, home, () -> Settings.read(sources(choices)));
      verify(application, settings, endOnSignals(application));
      wanted.forEach(application::warnIfUnavailable);
      reloadOnHangUp(application);
      application.announce((System.nanoTime() - startedNanos) / 1e6);
      greet(application, settings.auth().hasKeys());
      return OptionalInt.empty();
    } catch (ConfigException refused) {
      return OptionalInt.of(report(refused));
    } catch (StartFailure refused) {
      System.err.println("llm.server: " + refused.getMessage() + ".");
      return OptionalInt.of(refused.exitCode());
    }
  }

  /** Without the hook where that fails: the exit code is the refusal's, not a graceful end's. */
  private static void verify(Application application, Settings settings, Thread hook)
      throws ConfigException {
    boolean good = false;
    try {
      application.verify(settings);
      good = true;
    } finally {
      if (!good) {
        remove(hook);
      }
    }
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      System.err.println("llm.server: ended by a signal while it started."); // the hook runs
    }
  }

  private int check(Command.Choices choices) {
    try {
      var settings = Settings.read(sources(choices));
      try (var timer = new TimerThread(_ -> {});
          var silent =
              new JsonLines(
                  OutputStream.nullOutputStream(), settings.telemetry(), TimeSource.SYSTEM);
          var _ = Application.openGateway(settings, silent, timer, _ -> {}, home)) {
        settings.verify();
      }
      System.out.println("The configuration is valid.");
      settings.warnings().forEach(System.err::println);
      return OK;
    } catch (ConfigException refused) {
      return report(refused);
    }
  }

  private ConfigSources sources(Command.Choices choices) {
    var sources = ConfigSources.process();
    return choices.in(home.map(sources::withHome).orElse(sources));
  }

  private static int report(ConfigException refused) {
    refused.problems().forEach(problem -> System.err.println(problem));
    return WRONG_USE;
  }

  /** The first signal drains, the second ends the process at once; the hook that does it. */
  private static Thread endOnSignals(Application application) {
    Runnable end =
        () -> {
          try {
            Signals.onEnding(() -> Runtime.getRuntime().halt(KILLED));
          } catch (IllegalStateException unavailable) {
            System.err.println(unavailable.getMessage()); // then only the drain time ends it early
          }
          try {
            application.shutDown(() -> Runtime.getRuntime().halt(OK));
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
          Runtime.getRuntime().halt(OK);
        };
    var hook = Thread.ofPlatform().name("llm-shutdown").unstarted(end);
    Runtime.getRuntime().addShutdownHook(hook);
    return hook;
  }

  private static void reloadOnHangUp(Application application) {
    try {
      Signals.onHangUp(application::reload);
    } catch (IllegalStateException unavailable) {
      System.err.println(unavailable.getMessage()); // POST /admin/reload is left
    }
  }

  /** A word to the person who started it by hand. */
  private static void greet(Application application, boolean needsKey) {
    var console = System.console();
    if (console != null && console.isTerminal()) {
      System.err.println(
          "llm.server "
              + Version.current()
              + " on "
              + application.url()
              + " — models: "
              + String.join(", ", application.models())
              + "\n"
              + Greeting.of(
                  application.url(),
                  application.defaultModel(),
                  application.defaultModelIs(),
                  needsKey,
                  application.isSelfSigned()));
    }
  }
}

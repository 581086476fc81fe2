package llm.core.gateway;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.Alarms;
import llm.core.config.Section;
import llm.core.gateway.route.FirstTokens;
import llm.core.gateway.route.RouteReader;
import llm.core.gateway.route.RouteRule;
import llm.core.gateway.route.RouteTable;
import llm.core.provider.InstalledProviders;
import llm.core.provider.InstalledProviders.Made;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;

/**
 * The current edition of the configuration, and earlier ones that requests are still with. A
 * provider is closed when no edition has it any more. Thread-safe.
 */
final class Editions {
  private final Consumer<ChatProvider> closing;
  private final Set<Edition> alive = new LinkedHashSet<>(); // guarded by this
  private volatile Edition current; // written under this

  /**
   * Only {@code first}.
   *
   * @param closing closes a provider; must not throw
   */
  Editions(Edition first, Consumer<ChatProvider> closing) {
    this.closing = closing;
    this.current = first;
    alive.add(first);
  }

  Edition current() {
    return current;
  }

  /** Has {@code call} be with {@code wanted} to its end, or with the current one if that ended. */
  Edition enter(Edition wanted, Call call) {
    Edition edition = wanted;
    while (!edition.enter()) {
      edition = current;
    }
    call.onEnd(edition::leave);
    return edition;
  }

  /** From now on requests are with {@code next}. */
  void become(Edition next) {
    Edition before;
    synchronized (this) {
      before = current;
      alive.add(next);
      current = next;
    }
    before.retire(() -> ended(before));
  }

  /** Closes the providers of {@code never} that no edition has: it did not become current. */
  void discard(Edition never) {
    close(never);
  }

  /** Closes all providers of all editions; idempotent as they are. */
  void close() {
    var all = new LinkedHashSet<ChatProvider>();
    synchronized (this) {
      alive.forEach(edition -> all.addAll(edition.registry().providers()));
    }
    all.forEach(closing);
  }

  private void ended(Edition edition) {
    synchronized (this) {
      alive.remove(edition);
    }
    close(edition);
  }

  private void close(Edition edition) {
    var kept = new HashSet<ChatProvider>();
    synchronized (this) {
      alive.forEach(other -> kept.addAll(other.registry().providers()));
    }
    var gone = new ArrayList<>(edition.registry().providers());
    gone.removeIf(kept::contains);
    gone.forEach(closing);
  }

  /** What editions are made with. */
  record Source(
      Telemetry telemetry,
      Alarms alarms,
      IdSource ids,
      Optional<Path> home,
      RandomGenerator random,
      FirstTokens firstTokens) {
    /** Nothing is known of first tokens yet. */
    Source(
        Telemetry telemetry,
        Alarms alarms,
        IdSource ids,
        Optional<Path> home,
        RandomGenerator random) {
      this(telemetry, alarms, ids, home, random, new FirstTokens(alarms.time()));
    }

    /** An edition of the configuration; providers of {@code before} go on where they may. */
    Edition read(Section root, Supplier<Catalogue> catalogue, Made before) {
      var settings =
          GatewaySettings.read(root.section("gateway", "How models are asked."))
              .with(root.section("resilience", "How failures of providers are survived."));
      var made = new InstalledProviders(root, telemetry, alarms, ids, home).made(before);
      var policies = Policies.of(settings).reading(root, made.setups().keySet());
      return of(policies, made, catalogue, registry -> RouteReader.read(root, registry));
    }

    /** An edition of these parts. */
    Edition of(
        Policies policies,
        Made made,
        Supplier<Catalogue> catalogue,
        Function<ModelRegistry, List<RouteRule>> routes) {
      var registry = new ModelRegistry(made.setups(), catalogue);
      var table = new RouteTable(routes.apply(registry), firstTokens, random);
      return new Edition(policies, made, registry, table);
    }
  }
}

package llm.core.provider;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import llm.core.concurrent.Alarms;
import llm.core.config.Section;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;

/**
 * Asks every {@link ProviderFactory} that the {@link ServiceLoader} finds for its provider. One
 * that is broken is logged and passed over: it keeps no other from serving.
 */
public final class InstalledProviders {
  private final Section sections;
  private final Telemetry telemetry;
  private final Alarms alarms;
  private final IdSource ids;
  private final Optional<Path> home;
  private final Log log;

  /**
   * Providers of the configuration's {@code root}; nothing is read yet.
   *
   * @param home the installation's folder
   */
  public InstalledProviders(
      Section root, Telemetry telemetry, Alarms alarms, IdSource ids, Optional<Path> home) {
    this.sections = root.section("providers", "Where models come from.");
    this.telemetry = telemetry;
    this.alarms = alarms;
    this.ids = ids;
    this.home = home;
    this.log = telemetry.log("llm.gateway");
  }

  /**
   * What came of the factories.
   *
   * @param setups by id, in the ids' order; single providers, and reasons why others are not there
   * @param settings what those providers were made from, by id, where it can be compared
   * @param waiting ids of providers whose settings changed and that cannot be replaced
   */
  public record Made(
      Map<String, ProviderSetup> setups, Map<String, Object> settings, Set<String> waiting) {
    /** Nothing yet. */
    public static final Made NOTHING = new Made(Map.of(), Map.of(), Set.of());

    /** These providers, which are made anew by any reading. */
    public static Made of(List<ProviderSetup> providers) {
      var setups = new LinkedHashMap<String, ProviderSetup>();
      for (ProviderSetup setup : providers) {
        String id =
            switch (setup) {
              case ProviderSetup.Ready(ChatProvider provider) -> provider.id();
              case ProviderSetup.Absent(List<String> models, String _) ->
                  models.isEmpty() ? "absent-" + setups.size() : models.getFirst();
              case ProviderSetup.Several _ ->
                  throw new IllegalArgumentException("give the members one by one");
            };
        setups.put(id, setup);
      }
      return new Made(setups, Map.of(), Set.of());
    }
  }

  /** Asks each factory; providers of {@code before} go on where their settings are the same. */
  public Made made(Made before) {
    return made(before, factories());
  }

  /** The same by these factories. */
  Made made(Made before, List<ProviderFactory> factories) {
    var made = new Made(new LinkedHashMap<>(), new HashMap<>(), new LinkedHashSet<>());
    var running = new Running(before, made);
    for (ProviderFactory factory : factories) {
      switch (setup(factory, running)) {
        case ProviderSetup.Several(var members) ->
            members.forEach((id, member) -> add(id, member, factory, made.setups()));
        case ProviderSetup single -> add(factory.id(), single, factory, made.setups());
      }
    }
    running.forget();
    return made;
  }

  /**
   * What factories ask while they make providers. Providers keep it with their context, so it must
   * not keep those before them: each would keep all that there ever were.
   */
  private static final class Running implements ProviderContext.Running {
    private volatile Made before;
    private final Made made;

    private Running(Made before, Made made) {
      this.before = before;
      this.made = made;
    }

    /** All are made. */
    private void forget() {
      before = Made.NOTHING;
    }

    @Override
    public Optional<ChatProvider> keep(String id, Object settings, boolean replaceable) {
      made.settings().put(id, settings);
      if (!(before.setups().get(id) instanceof ProviderSetup.Ready(ChatProvider provider))) {
        return Optional.empty();
      }
      Object old = before.settings().get(id);
      boolean same = settings.equals(old);
      if (!same && !replaceable) {
        made.waiting().add(id);
        made.settings().put(id, old);
      }
      return same || !replaceable ? Optional.of(provider) : Optional.empty();
    }
  }

  private void add(
      String id, ProviderSetup setup, ProviderFactory factory, Map<String, ProviderSetup> setups) {
    if (setups.putIfAbsent(id, setup) == null) {
      return;
    }
    log.error("provider_duplicate")
        .put("provider", id)
        .put("class", factory.getClass().getName())
        .emit();
    if (setup instanceof ProviderSetup.Ready(ChatProvider provider)) {
      provider.close();
    }
  }

  private List<ProviderFactory> factories() {
    var factories = new ArrayList<ProviderFactory>();
    for (var found = loader().stream().iterator(); hasNext(found); ) {
      try {
        factories.add(found.next().get());
      } catch (ServiceConfigurationError broken) {
        log.error("provider_broken").cause(broken).emit();
      }
    }
    factories.sort((left, right) -> left.id().compareTo(right.id()));
    return factories;
  }

  /** Of our layer alone, where we are modules: a look through the class path takes 10 ms. */
  private static ServiceLoader<ProviderFactory> loader() {
    ModuleLayer layer = ProviderFactory.class.getModule().getLayer();
    return layer == null
        ? ServiceLoader.load(ProviderFactory.class, ProviderFactory.class.getClassLoader())
        : ServiceLoader.load(layer, ProviderFactory.class);
  }

  private boolean hasNext(Iterator<?> found) {
    try {
      return found.hasNext();
    } catch (ServiceConfigurationError broken) {
      log.error("provider_broken").cause(broken).emit();
      return hasNext(found); // the loader goes on behind the one that is broken
    }
  }

  private ProviderSetup setup(ProviderFactory factory, ProviderContext.Running running) {
    String id = factory.id();
    var section = sections.section(id, "Settings of provider " + id + ".");
    try {
      return factory.create(new ProviderContext(section, telemetry, alarms, ids, home, running));
    } catch (RuntimeException | LinkageError bug) {
      log.error("provider_broken").put("provider", id).cause(bug).emit();
      return new ProviderSetup.Absent(
          List.of(id), "Provider '" + id + "' failed to start; the server's log has the cause.");
    }
  }
}

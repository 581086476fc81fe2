package llm.core.gateway;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import llm.core.concurrent.Alarms;
import llm.core.config.Section;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderFactory;
import llm.core.provider.ProviderSetup;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;

/**
 * Asks every {@link ProviderFactory} that the {@link ServiceLoader} finds for its provider. One
 * that is broken is logged and passed over: it keeps no other from serving.
 */
final class InstalledProviders {
  private final Section sections;
  private final Telemetry telemetry;
  private final Alarms alarms;
  private final IdSource ids;
  private final Optional<Path> home;
  private final Log log;

  InstalledProviders(
      Section root, Telemetry telemetry, Alarms alarms, IdSource ids, Optional<Path> home) {
    this.sections = root.section("providers", "Where models come from.");
    this.telemetry = telemetry;
    this.alarms = alarms;
    this.ids = ids;
    this.home = home;
    this.log = telemetry.log("llm.gateway");
  }

  /** What came of each factory, by id, in the ids' order. */
  Map<String, ProviderSetup> setups() {
    var setups = new LinkedHashMap<String, ProviderSetup>();
    for (ProviderFactory factory : factories()) {
      switch (setup(factory)) {
        case ProviderSetup.Several(var members) ->
            members.forEach((id, member) -> add(id, member, factory, setups));
        case ProviderSetup single -> add(factory.id(), single, factory, setups);
      }
    }
    return setups;
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
    ModuleLayer layer = Gateway.class.getModule().getLayer();
    return layer == null
        ? ServiceLoader.load(ProviderFactory.class, Gateway.class.getClassLoader())
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

  private ProviderSetup setup(ProviderFactory factory) {
    String id = factory.id();
    var section = sections.section(id, "Settings of provider " + id + ".");
    try {
      return factory.create(new ProviderContext(section, telemetry, alarms, ids, home));
    } catch (RuntimeException | LinkageError bug) {
      log.error("provider_broken").put("provider", id).cause(bug).emit();
      return new ProviderSetup.Absent(
          List.of(id), "Provider '" + id + "' failed to start; the server's log has the cause.");
    }
  }
}

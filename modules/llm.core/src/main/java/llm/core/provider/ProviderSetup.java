package llm.core.provider;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llm.domain.port.ChatProvider;

/** What came of a factory. */
public sealed interface ProviderSetup {

  /** The provider is there. The registry owns it and closes it. */
  record Ready(ChatProvider provider) implements ProviderSetup {}

  /**
   * The provider is not there.
   *
   * @param models ids it would serve: asking for one answers with the reason, not "unknown model"
   * @param reason one client-safe sentence, the remedy included
   */
  record Absent(List<String> models, String reason) implements ProviderSetup {
    /** Copies the list. */
    public Absent {
      models = List.copyOf(models);
    }
  }

  /**
   * One factory made several providers, as a user configured them.
   *
   * @param members by provider id, in the order of the configuration; none is itself {@code
   *     Several}
   */
  record Several(Map<String, ProviderSetup> members) implements ProviderSetup {
    /** Copies the map; rejects a nested one. */
    public Several {
      if (members.values().stream().anyMatch(Several.class::isInstance)) {
        throw new IllegalArgumentException("members must be single providers");
      }
      members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }
  }
}

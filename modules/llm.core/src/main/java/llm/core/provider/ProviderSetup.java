package llm.core.provider;

import java.util.List;
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
}

package llm.providers.custom;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderFactory;
import llm.core.provider.ProviderSetup;
import llm.providers.upstream.UpstreamNames;

/** Makes a provider of each endpoint that the configuration describes. */
public final class CustomFactory implements ProviderFactory {
  private static final String KIND = "custom";

  /** For the {@link java.util.ServiceLoader}. */
  public CustomFactory() {}

  @Override
  public String id() {
    return KIND;
  }

  @Override
  public ProviderSetup create(ProviderContext context) {
    Map<String, CustomSettings> endpoints =
        UpstreamNames.read(
            KIND, context.section(), (_, _) -> Optional.empty(), CustomSettings::read);
    if (endpoints.isEmpty() || context.section().isReference()) {
      return new ProviderSetup.Absent(
          List.of(),
          "No endpoint is described; set providers.custom.upstreams.<name>.url, request and"
              + " response.text.");
    }
    var members = new LinkedHashMap<String, ProviderSetup>();
    endpoints.forEach((name, settings) ->
        members.put(
            name, context.ready(name, settings, () -> CustomProvider.open(settings, context))));
    return new ProviderSetup.Several(members);
  }
}

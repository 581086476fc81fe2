package llm.providers.openai;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderFactory;
import llm.core.provider.ProviderSetup;
import llm.providers.upstream.UpstreamNames;

/** Makes a provider of each upstream that speaks the OpenAI dialect. */
public final class OpenAiCompatibleFactory implements ProviderFactory {
  /** The kind, and the name of the upstream that stands in its own section. */
  static final String KIND = "openai_compatible";

  /** For the {@link java.util.ServiceLoader}. */
  public OpenAiCompatibleFactory() {}

  @Override
  public String id() {
    return KIND;
  }

  @Override
  public ProviderSetup create(ProviderContext context) {
    Map<String, UpstreamSettings> upstreams =
        UpstreamNames.read(
            KIND, context.section(), UpstreamSettings::readOwn, UpstreamSettings::read);
    if (upstreams.isEmpty() || context.section().isReference()) {
      return new ProviderSetup.Absent(
          List.of(),
          "No upstream is configured; set providers.openai_compatible.upstreams.<name>.base_url,"
              + " or OPENAI_COMPATIBLE_BASE_URL.");
    }
    var members = new LinkedHashMap<String, ProviderSetup>();
    upstreams.forEach((name, settings) -> {
      members.put(
          name, context.ready(name, settings, () -> OpenAiProvider.open(settings, context)));
    });
    return new ProviderSetup.Several(members);
  }
}

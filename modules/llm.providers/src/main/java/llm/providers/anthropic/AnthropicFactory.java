package llm.providers.anthropic;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderFactory;
import llm.core.provider.ProviderSetup;
import llm.domain.port.ChatProvider;
import llm.providers.upstream.UpstreamNames;

/** Makes a provider of each upstream that speaks Anthropic's Messages. */
public final class AnthropicFactory implements ProviderFactory {
  /** The kind, and the name of the upstream that stands in its own section. */
  static final String KIND = "anthropic";

  /** For the {@link java.util.ServiceLoader}. */
  public AnthropicFactory() {}

  @Override
  public String id() {
    return KIND;
  }

  @Override
  public ProviderSetup create(ProviderContext context) {
    Map<String, AnthropicSettings> upstreams =
        UpstreamNames.read(
            KIND, context.section(), AnthropicSettings::readOwn, AnthropicSettings::read);
    if (upstreams.isEmpty() || context.section().isReference()) {
      return new ProviderSetup.Absent(
          List.of(),
          "No key is configured; set providers.anthropic.api_key, or ANTHROPIC_API_KEY.");
    }
    var members = new LinkedHashMap<String, ProviderSetup>();
    upstreams.forEach((name, settings) -> {
      members.put(name, context.ready(name, settings, () -> start(settings, context)));
    });
    return new ProviderSetup.Several(members);
  }

  private static ChatProvider start(AnthropicSettings settings, ProviderContext context) {
    var provider = new AnthropicProvider(settings, settings.upstream().open(context), context);
    provider.begin();
    return provider;
  }
}

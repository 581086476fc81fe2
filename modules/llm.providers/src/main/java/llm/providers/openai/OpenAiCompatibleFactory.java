package llm.providers.openai;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import llm.core.config.Section;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderFactory;
import llm.core.provider.ProviderSetup;
import llm.providers.transport.Transports;

/** Makes a provider of each upstream that speaks the OpenAI dialect. */
public final class OpenAiCompatibleFactory implements ProviderFactory {
  /** The kind, and the name of the upstream that stands in its own section. */
  static final String KIND = "openai_compatible";

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");
  private static final Set<String> TAKEN = Set.of("mock", "local");

  /** For the {@link java.util.ServiceLoader}. */
  public OpenAiCompatibleFactory() {}

  @Override
  public String id() {
    return KIND;
  }

  @Override
  public ProviderSetup create(ProviderContext context) {
    Map<String, UpstreamSettings> upstreams = read(context.section());
    if (upstreams.isEmpty() || context.section().isReference()) {
      return new ProviderSetup.Absent(
          List.of(),
          "No upstream is configured; set providers.openai_compatible.upstreams.<name>.base_url,"
              + " or OPENAI_COMPATIBLE_BASE_URL.");
    }
    var members = new LinkedHashMap<String, ProviderSetup>();
    upstreams.forEach((name, settings) -> {
      var transport =
          Transports.open(
              name,
              settings.baseUrl(),
              settings.transport(),
              context.telemetry(),
              context.alarms());
      members.put(
          name, new ProviderSetup.Ready(OpenAiProvider.start(settings, transport, context)));
    });
    return new ProviderSetup.Several(members);
  }

  private static Map<String, UpstreamSettings> read(Section section) {
    var upstreams = new LinkedHashMap<String, UpstreamSettings>();
    UpstreamSettings.readOwn(KIND, section).ifPresent(own -> upstreams.put(KIND, own));
    section
        .named("upstreams", "One upstream; its models are asked for as <name>/<model>.")
        .forEach((name, own) -> {
          if (!section.isReference() && !isFree(name, upstreams)) {
            own.reject(
                "base_url",
                "belongs to an upstream whose name '"
                    + name
                    + "' must match "
                    + NAME.pattern()
                    + " and not be that of another provider");
            return;
          }
          UpstreamSettings.read(name, own).ifPresent(read -> upstreams.put(name, read));
        });
    return upstreams;
  }

  private static boolean isFree(String name, Map<String, UpstreamSettings> upstreams) {
    return NAME.matcher(name).matches() && !TAKEN.contains(name) && !upstreams.containsKey(name);
  }
}

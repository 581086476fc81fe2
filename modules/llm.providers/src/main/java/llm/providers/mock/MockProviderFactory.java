package llm.providers.mock;

import java.util.List;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderFactory;
import llm.core.provider.ProviderSetup;

/** Makes the {@code mock} provider. */
public final class MockProviderFactory implements ProviderFactory {

  /** For the {@link java.util.ServiceLoader}. */
  public MockProviderFactory() {}

  @Override
  public String id() {
    return MockProvider.ID;
  }

  @Override
  public ProviderSetup create(ProviderContext context) {
    MockSettings settings = MockSettings.read(context.section());
    List<String> models = List.of(MockProvider.ECHO_MODEL, MockProvider.DEMO_MODEL);
    if (context.section().isReference()) {
      return new ProviderSetup.Absent(models, "Only the settings were asked for.");
    }
    if (!settings.enabled()) {
      return new ProviderSetup.Absent(
          models, "The mock is switched off; set providers.mock.enabled to true.");
    }
    return context.ready(
        MockProvider.ID,
        settings,
        () -> new MockProvider(settings, context.alarms(), context.ids()));
  }
}

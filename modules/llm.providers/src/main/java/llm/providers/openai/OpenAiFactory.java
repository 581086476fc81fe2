package llm.providers.openai;

import java.util.List;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderFactory;
import llm.core.provider.ProviderSetup;

/** Makes the provider of OpenAI itself, where there is a key for it. */
public final class OpenAiFactory implements ProviderFactory {
  private static final String ID = "openai";

  /** For the {@link java.util.ServiceLoader}. */
  public OpenAiFactory() {}

  @Override
  public String id() {
    return ID;
  }

  @Override
  public ProviderSetup create(ProviderContext context) {
    var settings = OpenAiSettings.read(ID, context.section());
    if (settings.isEmpty() || context.section().isReference()) {
      return new ProviderSetup.Absent(
          List.of(), "OpenAI has no key; set OPENAI_API_KEY, or providers.openai.api_key.");
    }
    return context.ready(id(), settings.get(), () -> OpenAiProvider.open(settings.get(), context));
  }
}

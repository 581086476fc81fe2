/**
 * Providers of models over HTTP (anthropic, openai_compatible), and the mock. Exports nothing: its
 * providers are found as services.
 *
 * <p>Settings, with their defaults: {@code providers.mock.enabled} (true), {@code
 * providers.mock.delay_ms} (20), {@code providers.mock.first_token_delay_ms} (20); an upstream of
 * {@code providers.anthropic} or {@code providers.openai_compatible} has those of {@code
 * docs/configuration.md}.
 */
module llm.providers {
  requires transitive llm.core;
  requires java.net.http;

  provides llm.core.provider.ProviderFactory with
      llm.providers.anthropic.AnthropicFactory,
      llm.providers.custom.CustomFactory,
      llm.providers.mock.MockProviderFactory,
      llm.providers.openai.OpenAiCompatibleFactory,
      llm.providers.openai.OpenAiFactory;
}

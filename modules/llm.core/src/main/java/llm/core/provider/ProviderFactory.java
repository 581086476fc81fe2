package llm.core.provider;

/**
 * Makes one kind of provider; found by {@link java.util.ServiceLoader}. The constructor must do
 * nothing: a factory is created even when its provider is not wanted.
 */
public interface ProviderFactory {

  /**
   * The kind, as {@code mock}; its section is {@code providers.<id>}. It is the provider's id too,
   * unless the factory makes several.
   */
  String id();

  /**
   * Reads the settings and makes the provider, or says why it is not there. When {@code
   * context.section().isReference()} it reads every setting and returns absent, starting nothing.
   * Must not throw for anything a user can cause, and must not take long: models load later.
   */
  ProviderSetup create(ProviderContext context);
}

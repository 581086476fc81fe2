package llm.core.provider;

/**
 * Makes one kind of provider; found by {@link java.util.ServiceLoader}. The constructor must do
 * nothing: a factory is created even when its provider is not wanted.
 */
public interface ProviderFactory {

  /** The kind and the provider's id, as {@code mock}; its section is {@code providers.<id>}. */
  String id();

  /**
   * Reads the settings and makes the provider, or says why it is not there. When {@code
   * context.section().isReference()} it reads every setting and returns absent, starting nothing.
   * Must not throw for anything a user can cause, and must not take long: models load later.
   */
  ProviderSetup create(ProviderContext context);
}

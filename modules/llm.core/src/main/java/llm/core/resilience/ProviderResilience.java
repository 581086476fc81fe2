package llm.core.resilience;

/** What holds for one provider. */
public record ProviderResilience(
    RetrySettings retry, BreakerSettings breaker, ConcurrencySettings concurrency) {}

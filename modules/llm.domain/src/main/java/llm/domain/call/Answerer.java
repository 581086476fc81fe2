package llm.domain.call;

/**
 * Who answers a call.
 *
 * @param provider the provider's id
 * @param model the model's id as that provider is asked for it
 */
public record Answerer(String provider, String model) {}

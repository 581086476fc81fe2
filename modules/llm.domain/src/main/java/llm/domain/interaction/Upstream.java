package llm.domain.interaction;

import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;

/**
 * Where one try of a request goes.
 *
 * @param provider the provider's id
 * @param model the model it is asked for there; after a failover not the one the caller asked for
 * @param spec what is known of that model; its price makes the cost
 */
public record Upstream(String provider, ModelName model, ModelSpec spec) {}

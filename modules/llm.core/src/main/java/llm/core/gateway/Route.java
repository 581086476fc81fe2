package llm.core.gateway;

import llm.domain.model.ModelSpec;
import llm.domain.port.ChatProvider;

/**
 * Where a request goes.
 *
 * @param provider who serves it
 * @param model the model's id there
 * @param spec what is known of the model
 * @param counts whether the provider knows the model itself and counts and limits tokens exactly,
 *     so that the gateway need not
 */
record Route(ChatProvider provider, String model, ModelSpec spec, boolean counts) {}

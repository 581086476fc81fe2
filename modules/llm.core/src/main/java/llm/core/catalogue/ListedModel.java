package llm.core.catalogue;

import llm.domain.model.ModelSpec;
import llm.domain.port.ModelInfo;

/**
 * A model that can be asked for, with what is known of it.
 *
 * @param info what its provider says
 * @param spec the provider's own knowledge where it has some, else the catalogue's
 */
public record ListedModel(ModelInfo info, ModelSpec spec) {}

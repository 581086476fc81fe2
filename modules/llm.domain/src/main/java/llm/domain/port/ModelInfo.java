package llm.domain.port;

import java.time.Instant;
import java.util.Optional;
import llm.domain.model.ModelSpec;

/**
 * A model that a provider offers.
 *
 * @param id what callers put into {@code model}
 * @param provider the provider's id
 * @param created when the model came to be, for listings
 * @param spec what the provider itself knows (a GGUF's context, say); empty: the catalogue decides
 * @param description one sentence for people
 */
public record ModelInfo(
    String id, String provider, Instant created, Optional<ModelSpec> spec, String description) {}

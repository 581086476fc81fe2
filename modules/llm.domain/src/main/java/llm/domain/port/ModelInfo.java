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
 * @param parent the id of the model that this one is made of, by an adapter; empty for a whole one
 */
public record ModelInfo(
    String id,
    String provider,
    Instant created,
    Optional<ModelSpec> spec,
    String description,
    Optional<String> parent) {

  /** A whole one. */
  public ModelInfo(
      String id, String provider, Instant created, Optional<ModelSpec> spec, String description) {
    this(id, provider, created, spec, description, Optional.empty());
  }
}

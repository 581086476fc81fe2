package llm.core.gateway.attempt;

import java.util.Optional;
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
 * @param alias the configured route that led here, where one did
 * @param watch is told how the try goes
 */
public record Route(
    ChatProvider provider,
    String model,
    ModelSpec spec,
    boolean counts,
    Optional<String> alias,
    Watch watch) {
  /** One that no configured route led to. */
  public Route(ChatProvider provider, String model, ModelSpec spec, boolean counts) {
    this(provider, model, spec, counts, Optional.empty(), Watch.NONE);
  }

  /** The same, which {@code name} led to. */
  public Route by(String name) {
    return new Route(provider, model, spec, counts, Optional.of(name), watch);
  }

  /** The same, which tells {@code other} how the try goes. */
  public Route watchedBy(Watch other) {
    return new Route(provider, model, spec, counts, alias, other);
  }
}

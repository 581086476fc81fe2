package llm.core.gateway.route;

import java.util.Optional;

/**
 * A target of a request, all names put in.
 *
 * @param route the route that the caller named, as the configuration writes it
 * @param provider who is to serve it; empty: the first that knows the model
 * @param model its name there
 */
public record Pick(String route, Optional<String> provider, String model, Overrides overrides) {
  /** Under which its times are kept; the same target of two routes is one. */
  public String key() {
    return provider.map(id -> id + "/" + model).orElse(model);
  }
}

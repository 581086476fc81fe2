package llm.core.gateway.route;

import java.util.Optional;
import llm.core.catalogue.NamePattern;

/**
 * Where requests of a route may go.
 *
 * @param provider who serves the model; empty: another route of the model's name, else the first
 *     provider that knows it
 * @param model its name there, a {@code *} in it standing for what that of the route's name stands
 *     for; empty: the name that the caller used
 * @param weight its share where the strategy is {@code weighted}; 0: only when others fail
 */
public record Target(
    Optional<String> provider, Optional<String> model, int weight, Overrides overrides) {

  /**
   * The model to ask for.
   *
   * @param asked the name that the caller used
   * @param star what the route's star stands for in it
   */
  public String modelFor(String asked, String star) {
    return model.map(name -> name.replace("*", star)).orElse(asked);
  }

  /** Whether the model is known before anybody asks. */
  boolean isFixed() {
    return model.filter(name -> name.indexOf(NamePattern.STAR) < 0).isPresent();
  }

  /** As logs and metrics call it. */
  String label() {
    String name = model.orElse("*");
    return provider.map(id -> id + "/" + name).orElse(name);
  }
}

package llm.core.gateway;

import java.util.Optional;
import java.util.function.LongConsumer;
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
 * @param firstToken is told how many nanoseconds after the request the first token came
 */
record Route(
    ChatProvider provider,
    String model,
    ModelSpec spec,
    boolean counts,
    Optional<String> alias,
    LongConsumer firstToken) {
  /** One that no configured route led to. */
  Route(ChatProvider provider, String model, ModelSpec spec, boolean counts) {
    this(provider, model, spec, counts, Optional.empty(), _ -> {});
  }

  /** The same, which {@code name} led to. */
  Route by(String name, LongConsumer onFirstToken) {
    return new Route(provider, model, spec, counts, Optional.of(name), onFirstToken);
  }
}

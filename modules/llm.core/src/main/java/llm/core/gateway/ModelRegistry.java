package llm.core.gateway;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.ListedModel;
import llm.core.provider.ProviderSetup;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;

/**
 * The providers that are there, the reasons why others are not, and who serves which model: the
 * first provider, in the order given, that knows it. Immutable; thread-safe.
 */
final class ModelRegistry {
  private static final String LOCAL = "local";
  private static final String MOCK = "mock";

  private final List<ChatProvider> providers = new ArrayList<>();
  private final Map<String, ProviderSetup.Absent> absent = new LinkedHashMap<>();
  private final Supplier<Catalogue> catalogue;
  private final Optional<String> configuredDefault;

  ModelRegistry(
      Map<String, ProviderSetup> setups,
      Supplier<Catalogue> catalogue,
      Optional<String> configuredDefault) {
    setups.forEach((id, setup) -> {
      switch (setup) {
        case ProviderSetup.Ready(ChatProvider provider) -> providers.add(provider);
        case ProviderSetup.Absent missing -> absent.put(id, missing);
        case ProviderSetup.Several _ ->
            throw new IllegalArgumentException("setups must be single providers: " + id);
      }
    });
    this.catalogue = catalogue;
    this.configuredDefault = configuredDefault;
  }

  /** Who serves {@code model}, with what is known of it. */
  Route route(ModelName model) throws LlmException {
    for (ChatProvider provider : providers) {
      Optional<ModelInfo> info = provider.model(model);
      if (info.isPresent()) {
        ListedModel listed = listed(info.get());
        boolean counts = info.get().spec().isPresent();
        return new Route(provider, info.get().id(), listed.spec(), counts);
      }
    }
    for (ProviderSetup.Absent missing : absent.values()) {
      if (missing.models().contains(model.value())) {
        throw new LlmException(new LlmError.ModelUnavailable(model.value(), missing.reason()));
      }
    }
    throw new LlmException(new LlmError.ModelNotFound(model.value()));
  }

  /** The id a request without a model gets; whether it can serve is another question. */
  String defaultModel() {
    return configuredDefault.orElseGet(() -> serves(LOCAL) ? LOCAL : MOCK);
  }

  /** Every model that can be asked for; of two with one id, the one that is served. */
  List<ListedModel> models() {
    var byId = new LinkedHashMap<String, ListedModel>();
    for (ChatProvider provider : providers) {
      provider.models().forEach(info -> byId.putIfAbsent(info.id(), listed(info)));
    }
    return List.copyOf(byId.values());
  }

  /** The model {@code id}, listed or not. */
  Optional<ListedModel> model(String id) {
    return info(id).map(this::listed);
  }

  /** How each provider is; one that is absent is down, and its detail begins with "absent". */
  Map<String, ProviderHealth> health() {
    var health = new LinkedHashMap<String, ProviderHealth>();
    providers.forEach(provider -> health.put(provider.id(), provider.health()));
    absent.forEach((id, missing) ->
        health.put(
            id, new ProviderHealth(ProviderHealth.Status.DOWN, "absent: " + missing.reason())));
    return health;
  }

  /** The providers that are there. */
  List<ChatProvider> providers() {
    return List.copyOf(providers);
  }

  /** Why others are not, by their ids and in their order. */
  Map<String, ProviderSetup.Absent> absent() {
    return Collections.unmodifiableMap(absent);
  }

  /** Whether a provider that is there knows the model {@code id}. */
  boolean serves(String id) {
    return info(id).isPresent();
  }

  private Optional<ModelInfo> info(String id) {
    ModelName name;
    try {
      name = new ModelName(id);
    } catch (IllegalArgumentException _) {
      return Optional.empty(); // nobody could ask for it
    }
    for (ChatProvider provider : providers) {
      Optional<ModelInfo> found = provider.model(name);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private ListedModel listed(ModelInfo info) {
    return new ListedModel(info, info.spec().orElseGet(() -> catalogue.get().spec(info.id())));
  }
}

package llm.gpu.local;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import llm.domain.chat.ChatRequest;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.AdapterUse;
import llm.gpu.adapter.AdapterFile;

/**
 * Finds the adapters that a request is computed with: the one whose name it asks for as a model,
 * and those that it lists.
 */
final class AdapterChoice {
  private AdapterChoice() {}

  /**
   * The request with each of its adapters by name and with its scale.
   *
   * @param entry what it asks for
   * @param adapters those of the model, in the order of their numbers
   * @throws LlmException when it lists one that is not among them, or one twice
   */
  static ChatRequest resolve(ChatRequest request, ModelEntry entry, List<AdapterFile> adapters)
      throws LlmException {
    List<AdapterUse> listed = request.sampling().adapters();
    if (listed.isEmpty() && entry.adapter().isEmpty()) {
      return request;
    }
    Map<String, Double> scales = new LinkedHashMap<>();
    entry.adapter().ifPresent(own -> scales.put(own.file().name(), own.file().scale()));
    Set<String> seen = new LinkedHashSet<>();
    for (int i = 0; i < listed.size(); i++) {
      AdapterUse use = listed.get(i);
      AdapterFile adapter = find(use, adapters).orElse(null);
      if (adapter == null) {
        throw invalid(path(use, i), unknown(request, use, adapters));
      }
      if (!seen.add(adapter.name())) {
        throw invalid(path(use, i), "The adapter '" + adapter.name() + "' is listed twice.");
      }
      scales.put(adapter.name(), use.scale().orElse(adapter.scale()));
    }
    if (scales.size() > AdapterUse.MAX_ADAPTERS) {
      throw invalid(
          "lora",
          "A request is computed with at most "
              + AdapterUse.MAX_ADAPTERS
              + " adapters, its model's own among them; list fewer.");
    }
    List<AdapterUse> resolved = new ArrayList<>();
    scales.forEach((name, scale) -> resolved.add(new AdapterUse.Named(name, Optional.of(scale))));
    return request.withSampling(request.sampling().toBuilder().adapters(resolved).build());
  }

  private static Optional<AdapterFile> find(AdapterUse use, List<AdapterFile> adapters) {
    return switch (use) {
      case AdapterUse.Named named ->
          adapters.stream().filter(one -> one.name().equals(named.name())).findFirst();
      case AdapterUse.Numbered numbered ->
          numbered.number() < adapters.size()
              ? Optional.of(adapters.get(numbered.number()))
              : Optional.empty();
    };
  }

  private static String path(AdapterUse use, int index) {
    return "lora[" + index + "]" + (use instanceof AdapterUse.Named ? ".name" : ".id");
  }

  private static String unknown(ChatRequest request, AdapterUse use, List<AdapterFile> adapters) {
    String has =
        adapters.isEmpty()
            ? "; it has none"
            : adapters.stream()
                .map(AdapterFile::name)
                .collect(Collectors.joining(", ", "; it has ", ""));
    return "Model '" + request.model() + "' has no adapter " + use.described() + has + ".";
  }

  private static LlmException invalid(String path, String message) {
    return new LlmException(LlmError.InvalidRequest.at(path, message));
  }
}

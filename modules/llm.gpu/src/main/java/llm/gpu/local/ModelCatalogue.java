package llm.gpu.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import llm.core.telemetry.Log;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.gpu.adapter.AdapterFile;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.text.Conversations;
import llm.gpu.text.ModelTemplates;

/**
 * Every model that can be asked for: {@code local}, which is the configured file or else the only
 * usable one of the folder, the folder's files by their ids, and the adapters of these by their
 * names. Thread-safe.
 */
final class ModelCatalogue implements AdapterSource {
  private final Optional<ModelFolder> folder;
  private final ModelTemplates templates;
  private final List<AtomicReference<AdapterEntry>> adapters;
  private volatile Optional<ModelEntry> configured;

  ModelCatalogue(LocalSettings settings, Log log, TimeSource time) {
    this.templates = settings.engine().templates();
    this.adapters =
        settings.adapters().stream()
            .map(adapter -> new AtomicReference<>(AdapterEntry.read(adapter)))
            .toList();
    Set<String> names =
        settings.adapters().stream()
            .map(one -> one.adapter().name())
            .collect(Collectors.toUnmodifiableSet());
    this.folder =
        settings
            .modelsDir()
            .map(dir -> new ModelFolder(absolute(dir), templates, names, log, time));
    this.configured =
        settings.model().map(file -> ModelEntry.read(LocalProvider.ID, absolute(file), templates));
    configured
        .filter(entry -> !entry.usable())
        .ifPresent(entry ->
            log.warn("model_file_problem")
                .put("file", entry.file().toString())
                .put("problem", entry.problem())
                .emit());
  }

  /** The configured file; empty when none is. */
  Optional<Path> configuredFile() {
    return configured.map(ModelEntry::file);
  }

  /**
   * {@code local} first, even when it is not usable now; then the usable files of the folder, then
   * usable adapters.
   */
  List<ModelEntry> list() {
    List<ModelEntry> all = models();
    for (AdapterEntry adapter : adapters()) {
      String model = adapter.settings().model();
      all.stream()
          .filter(base -> base.id().equals(model) && base.adapter().isEmpty())
          .map(base -> base.adapted(adapter))
          .filter(ModelEntry::usable)
          .findFirst()
          .ifPresent(all::add);
    }
    return all;
  }

  /** Adapters that can be used are of the model's file, whichever of its ids they name. */
  @Override
  public List<AdapterFile> of(Path model) {
    return adapters().stream()
        .filter(adapter ->
            findModel(adapter.settings().model())
                .filter(base -> base.file().equals(model))
                .isPresent())
        .map(adapter -> adapter.settings().adapter())
        .toList();
  }

  private List<AdapterEntry> adapters() {
    return adapters.stream().map(one -> one.updateAndGet(AdapterEntry::refreshed)).toList();
  }

  private List<ModelEntry> models() {
    List<ModelEntry> usable =
        folder.map(ModelFolder::entries).orElse(List.of()).stream()
            .filter(ModelEntry::usable)
            .toList();
    List<ModelEntry> all = new ArrayList<>();
    all.add(local(usable));
    all.addAll(usable);
    return all;
  }

  /**
   * The usable file behind {@code id}.
   *
   * @throws LlmException with {@code ModelNotFound} or {@code ModelUnavailable}
   */
  ModelEntry require(String id) throws LlmException {
    ModelEntry entry = find(id).orElseThrow(() -> new LlmException(new LlmError.ModelNotFound(id)));
    if (!entry.usable()) {
      throw new LlmException(new LlmError.ModelUnavailable(id, entry.problem()));
    }
    return entry;
  }

  /** The file behind {@code id} as it is now, usable or not. */
  Optional<ModelEntry> find(String id) {
    for (AdapterEntry adapter : adapters()) {
      if (adapter.name().equals(id)) {
        return Optional.of(
            findModel(adapter.settings().model())
                .map(base -> base.adapted(adapter))
                .orElseGet(() -> orphan(adapter)));
      }
    }
    return findModel(id);
  }

  /** One whose model is not there. */
  private ModelEntry orphan(AdapterEntry adapter) {
    String problem =
        "The adapter's model '"
            + adapter.settings().model()
            + "' is not there; correct providers.local.lora."
            + adapter.name()
            + ".model.";
    return new ModelEntry(
        adapter.name(),
        Path.of(""),
        Optional.empty(),
        Optional.empty(),
        problem,
        templates,
        new Conversations.Plain());
  }

  private Optional<ModelEntry> findModel(String id) {
    return id.equals(LocalProvider.ID)
        ? Optional.of(models().getFirst())
        : folder.flatMap(files -> files.find(id));
  }

  /** Why the configured file cannot be served; empty when it can, or none is configured. */
  Optional<String> configuredProblem() {
    return configured
        .filter(_ -> !models().getFirst().usable())
        .map(_ -> models().getFirst().problem());
  }

  private ModelEntry local(List<ModelEntry> usable) {
    if (configured.isPresent()) {
      ModelEntry now = configured.get().refreshed();
      configured = Optional.of(now);
      return now;
    }
    if (usable.size() == 1) {
      return usable.getFirst().as(LocalProvider.ID);
    }
    String problem =
        usable.isEmpty()
            ? "There is no usable GGUF file in models_dir; put one there or start with --model"
                + " FILE.gguf."
            : "There are "
                + usable.size()
                + " models in models_dir; ask for one by its name, or choose the one behind 'local'"
                + " with --model FILE.gguf.";
    return new ModelEntry(
        LocalProvider.ID,
        Path.of(""),
        Optional.empty(),
        Optional.empty(),
        problem,
        templates,
        new Conversations.Plain());
  }

  private static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }
}

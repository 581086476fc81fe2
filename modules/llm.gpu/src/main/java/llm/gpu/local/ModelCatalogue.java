package llm.gpu.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llm.core.telemetry.Log;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.gpu.adapter.AdapterFile;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.text.ModelTemplates;

/**
 * Every model that can be asked for: {@code local}, which is the configured file or else the only
 * usable one of the folder, the folder's files by their ids, {@code builtin}, which comes with the
 * program, and the adapters of these by their names. Thread-safe.
 */
final class ModelCatalogue implements AdapterSource {
  private static final String NO_MODEL =
      "No model file is configured; start with --model FILE.gguf, or set MODELS_DIR to a folder of"
          + " GGUF files.";

  private final Optional<ModelFolder> folder;
  private final Optional<BuiltinModel> builtin;
  private final String noBuiltin; // why not
  private final ModelTemplates templates;
  private final List<AtomicReference<AdapterEntry>> adapters;
  private volatile Optional<ModelEntry> configured;

  /**
   * The models of these settings.
   *
   * @param builtinFile that of the model that comes with the program; empty when it is not served
   */
  ModelCatalogue(LocalSettings settings, Optional<Path> builtinFile, Log log, TimeSource time) {
    this.templates = settings.engine().templates();
    this.builtin = builtinFile.map(file -> new BuiltinModel(file, templates, log));
    this.noBuiltin = noBuiltin(settings);
    this.adapters =
        settings.adapters().stream()
            .map(adapter -> new AtomicReference<>(AdapterEntry.read(adapter)))
            .toList();
    Set<String> names =
        settings.adapters().stream()
            .map(one -> one.adapter().name())
            .collect(Collectors.toUnmodifiableSet());
    List<Path> leftOut =
        Stream.concat(builtinFile.stream(), settings.engine().speculation().model().stream())
            .toList();
    this.folder =
        settings
            .modelsDir()
            .map(dir -> new ModelFolder(absolute(dir), templates, names, leftOut, log, time));
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

  /** Why there is no model at all, with the remedy. */
  static String noneAtAll(LocalSettings settings) {
    return settings.builtin() ? NO_MODEL + " " + noBuiltin(settings) : NO_MODEL;
  }

  private static String noBuiltin(LocalSettings settings) {
    return settings.builtin()
        ? "Model 'builtin' is not in this installation, which has no models/builtin.gguf."
        : "Model 'builtin' is switched off; set providers.local.builtin to true.";
  }

  /** The configured file; empty when none is. */
  Optional<Path> configuredFile() {
    return configured.map(ModelEntry::file);
  }

  /**
   * {@code local} first, even when it is not usable now, but not where nothing is configured; then
   * the usable files of the folder, {@code builtin}, and usable adapters.
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
    if (isConfigured()) {
      all.add(local(usable));
    }
    all.addAll(usable);
    builtin.flatMap(BuiltinModel::listed).ifPresent(all::add);
    return all;
  }

  /** Whether anything says what {@code local} is. */
  boolean isConfigured() {
    return configured.isPresent() || folder.isPresent();
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

  /**
   * The same as {@link #find}, but nothing for {@code local} where nothing is configured, and for
   * {@code builtin} where it is not usable: these are not among the models then.
   */
  Optional<ModelEntry> offered(String id) {
    return switch (id) {
      case LocalProvider.ID -> isConfigured() ? find(id) : Optional.empty();
      case BuiltinModel.ID -> builtin.flatMap(BuiltinModel::listed);
      default -> find(id);
    };
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
    return ModelEntry.missing(adapter.name(), problem, templates);
  }

  private Optional<ModelEntry> findModel(String id) {
    return switch (id) {
      case LocalProvider.ID ->
          Optional.of(
              isConfigured() ? models().getFirst() : ModelEntry.missing(id, NO_MODEL, templates));
      case BuiltinModel.ID ->
          builtin
              .map(BuiltinModel::entry)
              .or(() -> Optional.of(ModelEntry.missing(id, noBuiltin, templates)));
      default -> folder.flatMap(files -> files.find(id));
    };
  }

  /**
   * Why the configured file cannot be served, or where none is the one that comes with the program;
   * empty when it can, or there is a folder alone.
   */
  Optional<String> configuredProblem() {
    Optional<ModelEntry> only =
        isConfigured() ? configured.map(ModelEntry::refreshed) : builtin.map(BuiltinModel::entry);
    return only.map(ModelEntry::problem).filter(problem -> !problem.isEmpty());
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
    return ModelEntry.missing(LocalProvider.ID, problem, templates);
  }

  private static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }
}

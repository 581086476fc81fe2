package llm.gpu.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderFactory;
import llm.core.provider.ProviderSetup;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.gpu.engine.Engine;
import llm.gpu.llama.Library;
import llm.gpu.llama.LibraryFolder;
import llm.gpu.llama.NativeLog;
import llm.gpu.nvml.GpuWatch;

/**
 * Makes the provider {@code local} when there is a native library and a model: a configured one, a
 * folder for models, or the one that comes with the program. The library is only looked for here;
 * the engine's thread loads it, and the model, in the background or with the first request.
 */
public final class LocalProviderFactory implements ProviderFactory {
  private static final String LARGE_POOL = "possible training context overflow";
  private static final String DOCUMENTED = "The configuration is only being documented.";

  /** For the service loader. */
  public LocalProviderFactory() {}

  @Override
  public String id() {
    return LocalProvider.ID;
  }

  @Override
  public ProviderSetup create(ProviderContext context) {
    var settings = LocalSettings.read(context.section());
    List<String> models =
        settings.builtin() ? List.of(LocalProvider.ID, BuiltinModel.ID) : List.of(LocalProvider.ID);
    if (context.section().isReference()) {
      return new ProviderSetup.Absent(models, DOCUMENTED);
    }
    Optional<Path> library =
        settings
            .libraryDir()
            .or(() -> context.home().flatMap(LibraryFolder::under))
            .filter(folder -> LibraryFolder.libraryIn(folder).isPresent());
    if (library.isEmpty()) {
      return new ProviderSetup.Absent(models, noLibrary(settings));
    }
    Optional<Path> builtin =
        context
            .home()
            .filter(_ -> settings.builtin())
            .map(BuiltinModel::under)
            .filter(Files::exists);
    if (settings.model().isEmpty() && settings.modelsDir().isEmpty() && builtin.isEmpty()) {
      return new ProviderSetup.Absent(models, ModelCatalogue.noneAtAll(settings));
    }
    return context.readyOnce(
        LocalProvider.ID, settings, () -> provider(context, settings, builtin, library.get()));
  }

  private static LocalProvider provider(
      ProviderContext context, LocalSettings settings, Optional<Path> builtin, Path libraryFolder) {
    NativeLog nativeLog = relayTo(context.telemetry().log("llm.gpu.native"));
    var report = new LibraryReport(context.telemetry(), settings.engine().threads());
    var catalogue =
        new ModelCatalogue(
            settings, builtin, context.telemetry().log("llm.gpu.models"), context.time());
    int gpuIndex = settings.engine().memory().gpuIndex();
    boolean isConfigured = settings.model().isPresent() || settings.modelsDir().isPresent();
    GpuWatch gpu =
        isConfigured
            ? GpuWatch.start(gpuIndex, context.telemetry(), context.time())
            : GpuWatch.onDemand(gpuIndex, context.telemetry(), context.time());
    var engine =
        new Engine(
            settings.engine(),
            () -> report.tell(Library.load(libraryFolder, nativeLog)),
            catalogue,
            file -> builtin.filter(file::equals).isEmpty(),
            gpu,
            context.telemetry(),
            context.alarms(),
            () -> context.ids().next().hashCode());
    if (settings.warm()) {
      catalogue.configuredFile().ifPresent(engine::warm);
    }
    return new LocalProvider(catalogue, settings, engine, gpu);
  }

  private static NativeLog relayTo(Log log) {
    return (severity, line) -> log.at(level(severity, line), "native_log").put("line", line).emit();
  }

  /** The pool is larger than a window on purpose: each request keeps to its window. */
  private static Level level(NativeLog.Severity severity, String line) {
    boolean isOfPool = line.contains(LARGE_POOL);
    return severity == NativeLog.Severity.ERROR ? Level.ERROR : isOfPool ? Level.DEBUG : Level.WARN;
  }

  private static String noLibrary(LocalSettings settings) {
    return settings
        .libraryDir()
        .map(folder -> "There is no libllama in " + folder + "; correct LLAMA_LIB_DIR or unset it.")
        .orElse(
            "The llama.cpp library is not there; run tools/native to fetch it, or set LLAMA_LIB_DIR"
                + " to a folder that has it.");
  }
}

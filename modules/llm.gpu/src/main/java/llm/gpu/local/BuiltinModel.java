package llm.gpu.local;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.telemetry.Log;
import llm.gpu.text.ModelTemplates;

/**
 * The model that comes with the program. Its file is looked at in the background, so that no start
 * waits for it; whoever asks for it meanwhile does. Thread-safe.
 */
final class BuiltinModel {
  /** Its id; no other model has it. */
  static final String ID = "builtin";

  /** What it is, for listings. */
  static final String DESCRIPTION =
      "A tiny demonstration model that knows a few answers about this server";

  private static final Path PLACE = Path.of("models", "builtin.gguf");

  private final Path file;
  private final CompletableFuture<AtomicReference<ModelEntry>> entry = new CompletableFuture<>();

  /** Begins to look at the file under the installation's folder, which is there. */
  BuiltinModel(Path file, ModelTemplates templates, Log log) {
    this.file = file;
    Thread.startVirtualThread(() -> look(templates, log));
  }

  /** Where its file is in the installation of this folder. */
  static Path under(Path home) {
    return home.resolve(PLACE).toAbsolutePath().normalize();
  }

  /** Where its file is. */
  Path file() {
    return file;
  }

  /** The file as it is now, usable or not. */
  ModelEntry entry() {
    return entry.join().updateAndGet(ModelEntry::refreshed);
  }

  private void look(ModelTemplates templates, Log log) {
    try {
      ModelEntry read = ModelEntry.read(ID, file, templates);
      if (!read.usable()) {
        log.warn("model_file_problem")
            .put("file", file.toString())
            .put("problem", read.problem())
            .emit();
      }
      entry.complete(new AtomicReference<>(read));
    } catch (RuntimeException | Error bug) {
      entry.completeExceptionally(bug); // for whoever asks for it
    }
  }
}

package llm.gpu.local;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.telemetry.Log;
import llm.gpu.text.ModelTemplates;

/**
 * The model that comes with the program. Its file is looked at in the background, so that no start
 * waits for it: until then it is listed with no more than its description, and whoever asks for it
 * waits. Thread-safe.
 */
final class BuiltinModel {
  /** Its id; no other model has it. */
  static final String ID = "builtin";

  /** What it is, for listings. */
  static final String DESCRIPTION =
      "A tiny demonstration model that knows a few answers about this server";

  private static final Path PLACE = Path.of("models", "builtin.gguf");

  private final Path file;
  private final ModelEntry unseen;
  private final CompletableFuture<AtomicReference<ModelEntry>> entry = new CompletableFuture<>();

  /** Begins to look at the file under the installation's folder, which is there. */
  BuiltinModel(Path file, ModelTemplates templates, Log log) {
    this.file = file;
    this.unseen = ModelEntry.missing(ID, "", templates);
    Thread.startVirtualThread(() -> look(templates, log));
  }

  /** Where its file is in the installation of this folder. */
  static Path under(Path home) {
    return home.resolve(PLACE).toAbsolutePath().normalize();
  }

  /**
   * What is known of the file without waiting: a model without header and problem as long as it is
   * being looked at.
   */
  ModelEntry known() {
    return entry.isDone() ? entry() : unseen;
  }

  /** The same where it can be listed. */
  Optional<ModelEntry> listed() {
    return Optional.of(known()).filter(now -> now.problem().isEmpty());
  }

  /** The file as it is now, usable or not. */
  ModelEntry entry() {
    return entry.join().updateAndGet(ModelEntry::refreshed);
  }

  private void look(ModelTemplates templates, Log log) {
    try {
      ModelEntry read = ModelEntry.read(ID, file, templates);
      entry.complete(new AtomicReference<>(read));
      if (!read.usable()) {
        log.warn("model_file_problem")
            .put("file", file.toString())
            .put("problem", read.problem())
            .emit();
      }
    } catch (RuntimeException | Error bug) {
      entry.completeExceptionally(bug); // for whoever asks for it
    }
  }
}

package llm.gpu.local;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import llm.core.telemetry.Log;
import llm.gpu.gguf.FileMark;
import llm.gpu.text.ModelTemplates;

/**
 * The model that comes with the program. The head of its file is read in the background, while the
 * rest of the program starts; whoever asks before that is done waits for it, which takes
 * milliseconds. Thread-safe.
 */
final class BuiltinModel {
  /** Its id; no other model has it. */
  static final String ID = "builtin";

  /** What it is, for listings. */
  static final String DESCRIPTION =
      "A tiny demonstration model that knows a few answers about this server";

  private static final Path PLACE = Path.of("models", "builtin.gguf");

  private final Path file;
  private final ModelTemplates templates;
  private final Supplier<ModelEntry> reader;
  private final Log log;
  private final CompletableFuture<AtomicReference<ModelEntry>> entry = new CompletableFuture<>();

  /** Begins to look at the file under the installation's folder, which is there. */
  BuiltinModel(Path file, ModelTemplates templates, Log log) {
    this(file, templates, () -> ModelEntry.read(ID, file, templates), log);
  }

  /**
   * The same.
   *
   * @param reader looks at the file; what it throws is taken for the file's fault
   */
  BuiltinModel(Path file, ModelTemplates templates, Supplier<ModelEntry> reader, Log log) {
    this.file = file;
    this.templates = templates;
    this.reader = reader;
    this.log = log;
    Thread.startVirtualThread(() -> entry.complete(new AtomicReference<>(read())));
  }

  /** Where its file is in the installation of this folder. */
  static Path under(Path home) {
    return home.resolve(PLACE).toAbsolutePath().normalize();
  }

  /** The file as it is now, where it can be listed. */
  Optional<ModelEntry> listed() {
    return Optional.of(entry()).filter(ModelEntry::usable);
  }

  /** The file as it is now, usable or not. */
  ModelEntry entry() {
    AtomicReference<ModelEntry> last = entry.join();
    ModelEntry seen = last.get();
    if (FileMark.of(file).equals(seen.mark())) {
      return seen;
    }
    ModelEntry now = read();
    last.compareAndSet(seen, now); // whoever else read it read the same
    return now;
  }

  /** What is read of the file; never fails. */
  private ModelEntry read() {
    Optional<FileMark> mark = FileMark.of(file);
    try {
      ModelEntry read = reader.get();
      if (!read.usable()) {
        problem(read).emit();
      }
      return read;
    } catch (RuntimeException | Error bug) {
      ModelEntry broken = ModelEntry.broken(ID, file, mark, templates);
      problem(broken).cause(bug).emit();
      return broken;
    }
  }

  private Log.Entry problem(ModelEntry unusable) {
    return log.warn("model_file_problem")
        .put("file", file.toString())
        .put("problem", unusable.problem());
  }
}

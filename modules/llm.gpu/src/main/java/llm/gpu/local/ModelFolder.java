package llm.gpu.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import llm.core.telemetry.Log;
import llm.domain.port.TimeSource;
import llm.gpu.text.ModelTemplates;

/**
 * The GGUF files of a folder, not of its subfolders, by id. The folder is looked at again, in the
 * background, when its time stamp changed; files that are as they were are not read again. A file
 * that leads out of the folder by a link is left out.
 *
 * <p>Thread-safe. Only the first look, and the look for an id that is not known, are waited for, at
 * most {@link #PATIENCE}.
 */
final class ModelFolder {
  static final int MAX_FILES = 1000;
  static final Duration PATIENCE = Duration.ofSeconds(3);

  /** Time stamps are coarse: one that is younger than this may hide a later change. */
  private static final Duration SETTLED = Duration.ofSeconds(2);

  private final Path folder;
  private final ModelTemplates templates;
  private final Set<String> takenIds;
  private final List<Path> leftOut;
  private final Log log;
  private final TimeSource time;
  private final Object lock = new Object();
  private volatile Look last = new Look(Map.of(), Optional.empty(), false);
  private CompletableFuture<Void> looking; // guarded by lock; null when nobody looks

  /**
   * What was seen.
   *
   * @param stamp the folder's time stamp before it was listed
   * @param settled whether that stamp was old enough to tell a later change
   */
  private record Look(Map<String, ModelEntry> entries, Optional<FileTime> stamp, boolean settled) {}

  /**
   * Starts the first look.
   *
   * @param takenIds ids that no file gets
   * @param leftOut files that are none of these models, wherever they lie
   */
  ModelFolder(
      Path folder,
      ModelTemplates templates,
      Set<String> takenIds,
      List<Path> leftOut,
      Log log,
      TimeSource time) {
    this.folder = folder;
    this.takenIds = Set.copyOf(takenIds);
    this.leftOut = List.copyOf(leftOut);
    this.templates = templates;
    this.log = log;
    this.time = time;
    look();
  }

  /** The files that were there at the last look. */
  List<ModelEntry> entries() {
    CompletableFuture<Void> running = freshen();
    if (last.stamp().isEmpty()) {
      await(running);
    }
    return List.copyOf(last.entries().values());
  }

  /** The file of this id, as it is now. */
  Optional<ModelEntry> find(String id) {
    CompletableFuture<Void> running = freshen();
    if (!last.entries().containsKey(id)) {
      await(running);
    }
    if (!last.entries().containsKey(id)) {
      await(freshen()); // the look above may have begun before the file came
    }
    return Optional.ofNullable(last.entries().get(id)).map(this::refreshed);
  }

  /** Reads a file again that changed in place, which the folder's stamp does not show. */
  private ModelEntry refreshed(ModelEntry entry) {
    ModelEntry now = entry.refreshed();
    if (now != entry) {
      synchronized (lock) {
        var entries = new LinkedHashMap<>(last.entries());
        entries.replace(now.id(), entry, now);
        last = new Look(entries, last.stamp(), last.settled());
      }
      report(now);
    }
    return now;
  }

  private CompletableFuture<Void> freshen() {
    Look seen = last;
    return seen.settled() && stamp().equals(seen.stamp())
        ? CompletableFuture.completedFuture(null)
        : look();
  }

  /** Looks in the background; who asks meanwhile shares that look. */
  private CompletableFuture<Void> look() {
    synchronized (lock) {
      if (looking == null) {
        looking = new CompletableFuture<>();
        Thread.ofVirtual().name("llm-models-dir").start(this::run);
      }
      return looking;
    }
  }

  private void run() {
    Look seen = last;
    try {
      seen = scan(seen);
    } catch (IOException | RuntimeException failure) {
      log.warn("models_dir_unreadable").put("folder", folder.toString()).cause(failure).emit();
      seen = new Look(Map.of(), Optional.of(FileTime.fromMillis(0)), false);
    } finally {
      CompletableFuture<Void> done;
      synchronized (lock) {
        last = seen;
        done = looking;
        looking = null;
      }
      done.complete(null);
    }
  }

  private Look scan(Look before) throws IOException {
    Instant now = time.now();
    Optional<FileTime> stamp = stamp();
    boolean settled = stamp.filter(at -> at.toInstant().plus(SETTLED).isBefore(now)).isPresent();
    Map<Path, ModelEntry> known = new LinkedHashMap<>();
    before.entries().values().forEach(entry -> known.put(entry.file(), entry));
    Map<String, ModelEntry> entries = new LinkedHashMap<>();
    var ids = new ModelIds(takenIds);
    for (Path file : list()) {
      String id = ids.of(file.getFileName().toString());
      ModelEntry old = known.get(file);
      ModelEntry entry =
          old != null ? old.refreshed().as(id) : ModelEntry.read(id, file, templates);
      if (entry.header().filter(header -> header.splitIndex() > 0).isEmpty()) {
        entries.put(id, entry);
        if (old == null || !old.mark().equals(entry.mark())) {
          report(entry);
        }
      }
    }
    return new Look(entries, stamp, settled);
  }

  /** GGUF files in the order of their names, later parts of split models left out. */
  private List<Path> list() throws IOException {
    Path real = folder.toRealPath();
    List<Path> others = leftOut.stream().filter(Files::exists).toList();
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(real)) {
      files
          .filter(
              file -> isFirstPart(file) && others.stream().noneMatch(other -> isSame(file, other)))
          .sorted()
          .limit(MAX_FILES + 1L)
          .forEach(file -> addInside(real, file, found));
    }
    if (found.size() > MAX_FILES) {
      log.warn("models_dir_too_large").put("folder", real.toString()).put("max", MAX_FILES).emit();
      found.removeLast();
    }
    return found;
  }

  private void addInside(Path real, Path file, List<Path> found) {
    try {
      Path target = file.toRealPath();
      if (!target.startsWith(real)) {
        log.warn("model_link_leads_out").put("file", file.toString()).emit();
      } else if (Files.isRegularFile(target)) {
        found.add(file);
      }
    } catch (IOException dangling) {
      log.warn("model_file_problem").put("file", file.toString()).cause(dangling).emit();
    }
  }

  private static boolean isSame(Path file, Path other) {
    try {
      return Files.isSameFile(file, other);
    } catch (IOException gone) {
      return false; // whichever it is, it is looked at as any other
    }
  }

  private static boolean isFirstPart(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".gguf")
        && (!name.matches(".*-\\d{5}-of-\\d{5}\\.gguf") || name.contains("-00001-of-"));
  }

  private void report(ModelEntry entry) {
    if (!entry.usable()) {
      log.warn("model_file_problem")
          .put("file", entry.file().toString())
          .put("problem", entry.problem())
          .emit();
    }
  }

  private Optional<FileTime> stamp() {
    try {
      return Optional.of(Files.getLastModifiedTime(folder));
    } catch (IOException gone) {
      return Optional.empty(); // the next look reports it
    }
  }

  private void await(CompletableFuture<Void> look) {
    try {
      look.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException late) {
      log.debug("models_dir_slow").cause(late).emit(); // what was seen before serves meanwhile
    }
  }
}

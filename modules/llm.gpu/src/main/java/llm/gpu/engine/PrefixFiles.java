package llm.gpu.engine;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import llm.core.telemetry.Log;
import llm.domain.port.TimeSource;
import llm.gpu.gguf.FileMark;
import llm.gpu.gguf.FileSample;
import llm.gpu.gguf.GgufException;
import llm.gpu.llama.Library;
import llm.gpu.llama.SequenceStates;
import llm.gpu.prefix.Origin;
import llm.gpu.prefix.PrefixCache;
import llm.gpu.prefix.PrefixStore;
import llm.gpu.schedule.DeviceGuard;

/**
 * Saves what a model's context keeps when it is unloaded and takes it back when it is loaded, where
 * a folder is set. Trouble with the disk, or with memory for what is read and written, is logged
 * and nothing else. The engine's thread owns it.
 */
final class PrefixFiles {
  private final LoadedModel loaded;
  private final SequenceStates states;
  private final Optional<PrefixStore> store;
  private final long saveNanos;
  private final TimeSource time;
  private final Log log;
  private Optional<Origin> origin = Optional.empty(); // until the file was looked at

  PrefixFiles(
      LoadedModel loaded, EngineSettings settings, DeviceGuard guard, TimeSource time, Log log) {
    this.loaded = loaded;
    this.states = new Guarded(loaded.context(), guard);
    var prefixes = settings.prefixes();
    this.store = prefixes.folder().map(folder -> new PrefixStore(folder, prefixes.folderBytes()));
    this.saveNanos = settings.closeLimit().toNanos() / 2; // the other half is for the rest
    this.time = time;
    this.log = log;
  }

  /** States that are copied when it is this model's turn; files are read and written without it. */
  private record Guarded(SequenceStates states, DeviceGuard guard) implements SequenceStates {
    @Override
    public long stateBytes(int sequence) {
      return states.stateBytes(sequence);
    }

    @Override
    public boolean saveState(int sequence, MemorySegment target) {
      return guard.exclusively(() -> states.saveState(sequence, target));
    }

    @Override
    public boolean restoreState(int sequence, MemorySegment source) {
      return guard.exclusively(() -> states.restoreState(sequence, source));
    }

    @Override
    public int leastOfState(int tokens) {
      return states.leastOfState(tokens);
    }
  }

  /** The model's states, each copied when it is its turn. */
  SequenceStates states() {
    return states;
  }

  /** Fills {@code cache} with what was saved. */
  void restore(PrefixCache cache) {
    if (store.isEmpty()) {
      return;
    }
    long start = time.nanoTime();
    try {
      origin = Optional.of(origin());
      var done = store.get().restore(origin.get(), cache);
      report("prefixes_restored", done.restored(), start);
      reportRefused(done.refused());
    } catch (IOException | GgufException | RuntimeException | OutOfMemoryError failure) {
      log.warn("prefix_restore_failed").put("model", loaded.name()).cause(failure).emit();
    }
  }

  /** Saves what {@code cache} keeps, as far as there is time. */
  void save(PrefixCache cache) {
    if (store.isEmpty() || origin.isEmpty()) {
      return;
    }
    long start = time.nanoTime();
    try {
      int count =
          store.get().save(origin.get(), cache, states, () -> time.nanoTime() - start > saveNanos);
      report("prefixes_saved", count, start);
    } catch (IOException | RuntimeException | OutOfMemoryError failure) {
      log.warn("prefix_save_failed").put("model", loaded.name()).cause(failure).emit();
    }
  }

  private void report(String event, int count, long start) {
    log.info(event)
        .put("model", loaded.name())
        .put("count", count)
        .put("ms", (time.nanoTime() - start) / 1e6)
        .emit();
  }

  private void reportRefused(int count) {
    if (count > 0) {
      log.info("prefixes_refused")
          .put("model", loaded.name())
          .put("count", count)
          .put(
              "message",
              "They were damaged, or of another model file, context or release; they were removed.")
          .emit();
    }
  }

  /**
   * What states belong to. The pool is part of it, for some models turn positions by other angles
   * in a larger context ({@code llama_model::get_rope_factors}).
   *
   * @throws IOException when the file cannot be read or is another one by now
   */
  private Origin origin() throws IOException, GgufException {
    FileMark mark = loaded.mark();
    String sample = FileSample.of(loaded.files());
    if (!ModelLoader.isCurrent(loaded)) {
      throw new IOException("The file was changed while it was loaded.");
    }
    String file =
        String.join(
            "\n",
            loaded.name(),
            Long.toString(mark.bytes()),
            mark.modified().toString(),
            Library.VERSION);
    return new Origin(
        file, sample + "\n" + loaded.context().poolTokens(), loaded.adapters().samples());
  }
}

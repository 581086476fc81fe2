package llm.gpu.prefix;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import llm.core.telemetry.Log;
import llm.domain.port.TimeSource;
import llm.gpu.gguf.GgufException;
import llm.gpu.llama.SequenceStates;
import llm.gpu.schedule.DeviceGuard;

/**
 * Saves what a model's context keeps when it is unloaded and takes it back when it is loaded, where
 * a folder is set. Trouble with the disk, or with memory for what is read and written, is logged
 * and nothing else. The engine's thread owns it.
 */
public final class PrefixFiles {
  private final Source source;
  private final SequenceStates states;
  private final Optional<PrefixStore> store;
  private final long saveNanos;
  private final TimeSource time;
  private final Log log;
  private Optional<Origin> origin = Optional.empty(); // until the file was looked at

  /** The model whose context keeps them. */
  public interface Source {
    /** The model's name, for the log. */
    String name();

    /** What its states belong to. */
    Origin origin() throws IOException, GgufException;

    /** Its states. */
    SequenceStates context();
  }

  /**
   * Those of {@code source}.
   *
   * @param store where they are saved; empty: they are not
   * @param saveLimit how long saving them may take
   */
  public PrefixFiles(
      Source source,
      Optional<PrefixStore> store,
      Duration saveLimit,
      DeviceGuard guard,
      TimeSource time,
      Log log) {
    this.source = source;
    this.states = new Guarded(source.context(), guard);
    this.store = store;
    this.saveNanos = saveLimit.toNanos();
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
  public SequenceStates states() {
    return states;
  }

  /** Fills {@code cache} with what was saved. */
  public void restore(PrefixCache cache) {
    if (store.isEmpty()) {
      return;
    }
    long start = time.nanoTime();
    try {
      origin = Optional.of(source.origin());
      var done = store.get().restore(origin.get(), cache);
      report("prefixes_restored", done.restored(), start);
      reportRefused(done.refused());
    } catch (IOException | GgufException | RuntimeException | OutOfMemoryError failure) {
      log.warn("prefix_restore_failed").put("model", source.name()).cause(failure).emit();
    }
  }

  /** Saves what {@code cache} keeps, as far as there is time. */
  public void save(PrefixCache cache) {
    if (store.isEmpty() || origin.isEmpty()) {
      return;
    }
    long start = time.nanoTime();
    try {
      int count =
          store.get().save(origin.get(), cache, states, () -> time.nanoTime() - start > saveNanos);
      report("prefixes_saved", count, start);
    } catch (IOException | RuntimeException | OutOfMemoryError failure) {
      log.warn("prefix_save_failed").put("model", source.name()).cause(failure).emit();
    }
  }

  private void report(String event, int count, long start) {
    log.info(event)
        .put("model", source.name())
        .put("count", count)
        .put("ms", (time.nanoTime() - start) / 1e6)
        .emit();
  }

  private void reportRefused(int count) {
    if (count > 0) {
      log.info("prefixes_refused")
          .put("model", source.name())
          .put("count", count)
          .put(
              "message",
              "They were damaged, or of another model file, context or release; they were removed.")
          .emit();
    }
  }
}

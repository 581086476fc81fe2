package llm.gpu.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.gpu.llama.Library;
import llm.gpu.memory.Residence;

/**
 * How the engine is, at one moment.
 *
 * @param library the native library; empty before its first use
 * @param models the models that are loaded, in the order they were first asked for
 * @param failure why the last attempt to load library or model failed; empty after a success
 * @param waiting requests in the queues
 */
public record EngineStatus(
    Optional<Library> library, List<LoadedStatus> models, Optional<String> failure, int waiting) {

  /**
   * A loaded model.
   *
   * @param name the file's name
   * @param inWork requests that are computed
   * @param sequences of the context, in work or kept
   * @param keptTokens tokens kept for prompts that begin alike
   * @param pinnedTokens how many of them are pinned
   * @param shelfTokens tokens of those kept in ordinary memory
   * @param shelfBytes what these take
   * @param takenBytes memory of every kind that the model takes, as llama.cpp told
   * @param drafts what to tell of its draft model, behind its name; empty text where it has none
   */
  public record LoadedStatus(
      String name,
      int inWork,
      int sequences,
      int keptTokens,
      int pinnedTokens,
      int shelfTokens,
      long shelfBytes,
      long takenBytes,
      String drafts) {

    /** One of which it is not said what it takes. */
    public LoadedStatus(
        String name,
        int inWork,
        int sequences,
        int keptTokens,
        int pinnedTokens,
        int shelfTokens,
        long shelfBytes) {
      this(name, inWork, sequences, keptTokens, pinnedTokens, shelfTokens, shelfBytes, 0, "");
    }

    /** A model that generates nothing. */
    static LoadedStatus encoder(String name) {
      return new LoadedStatus(name, 0, 0, 0, 0, 0, 0);
    }

    /** The same with so many more requests that are computed. */
    LoadedStatus with(int moreInWork) {
      return new LoadedStatus(
          name,
          inWork + moreInWork,
          sequences,
          keptTokens,
          pinnedTokens,
          shelfTokens,
          shelfBytes,
          takenBytes,
          drafts);
    }

    /** The same with what it takes, and what to tell of its draft model. */
    LoadedStatus taking(long bytes, String itsDrafts) {
      return new LoadedStatus(
          name,
          inWork,
          sequences,
          keptTokens,
          pinnedTokens,
          shelfTokens,
          shelfBytes,
          bytes,
          itsDrafts);
    }
  }

  /**
   * How one model is, loaded or not.
   *
   * @param residence whether it is in memory
   * @param activity what it does; empty when no request and no memory is its own
   */
  public record Standing(Residence.Snapshot residence, Optional<Activity> activity) {}

  /**
   * What a model does.
   *
   * @param inWork requests that are computed
   * @param waiting requests that wait
   * @param idle since when there is neither; 0 while there is
   */
  public record Activity(int inWork, int waiting, Duration idle) {}

  /** Copies the list. */
  public EngineStatus {
    models = List.copyOf(models);
  }

  /** Requests that are computed. */
  public int inWork() {
    return models.stream().mapToInt(LoadedStatus::inWork).sum();
  }
}

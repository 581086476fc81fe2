package llm.domain.model;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether a model of this process is in memory, and what it takes, at one moment.
 *
 * @param model its id
 * @param place where it stands
 * @param progress of a load, 0 to 1; 1 of one that is loaded, 0 of one that is not
 * @param estimatedBytes what a load takes by the file's header; 0 where that cannot be told
 * @param takenBytes what it has taken; 0 while it is not loaded
 * @param deviceBytes how much of those two, of the latter where it is loaded, is a graphics
 *     processor's
 * @param arithmetic how the bytes come together, in words; empty text where nothing is known
 * @param contextTokens the window it is loaded with; 0 while it is not
 * @param inWork requests that are computed
 * @param waiting requests that wait
 * @param idle since when nobody asks; empty while somebody does, or it is not loaded
 * @param problem why the last load came to nothing
 */
public record ModelResidence(
    String model,
    Place place,
    double progress,
    long estimatedBytes,
    long takenBytes,
    long deviceBytes,
    String arithmetic,
    int contextTokens,
    int inWork,
    int waiting,
    Optional<Duration> idle,
    Optional<String> problem) {

  /** Where a model stands. */
  public enum Place {
    /** On disk only. */
    UNLOADED,
    /** On its way into memory. */
    LOADING,
    /** In memory. */
    LOADED,
    /** On its way out; it may still answer what came before. */
    UNLOADING;

    /** The word in JSON, in lower case. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}

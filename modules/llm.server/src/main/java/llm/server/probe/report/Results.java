package llm.server.probe.report;

import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * All that was measured.
 *
 * @param store which kept the conversation
 * @param subject the text that was asked, or the session
 * @param summaries of the end-to-end command
 */
public record Results(
    Kind kind,
    String model,
    String store,
    String subject,
    Greeting greeting,
    List<TurnFigures> turns,
    List<SummaryFigures> summaries) {
  /** What the median of the first tokens has to be below. */
  static final double TARGET_MS = 800;

  /** Which command measured. */
  public enum Kind {
    PROBE,
    E2E
  }

  /** Copies the lists. */
  public Results {
    turns = List.copyOf(turns);
    summaries = List.copyOf(summaries);
  }

  /** Turns that a model answered. */
  List<TurnFigures> live() {
    return turns.stream().filter(turn -> !turn.replayed()).toList();
  }

  Sample firstToken() {
    return sample(TurnFigures::firstToken);
  }

  Sample total() {
    return sample(TurnFigures::total);
  }

  Sample chunksPerSecond() {
    return sample(TurnFigures::chunksPerSecond);
  }

  /** Until the head of the answer was there; none where no network tells. */
  Sample firstByte() {
    return greeting.isRemote() ? sample(TurnFigures::accepted) : Sample.of(List.of());
  }

  private Sample sample(Function<TurnFigures, OptionalDouble> figure) {
    return Sample.of(
        live().stream()
            .map(figure)
            .filter(OptionalDouble::isPresent)
            .map(OptionalDouble::getAsDouble)
            .toList());
  }

  /** The line that says whether the target is met. */
  String verdict() {
    Sample sample = firstToken();
    if (sample.isEmpty()) {
      return "TTFT p50: not measured (target < 800 ms) — FAIL";
    }
    long median = Math.round(sample.p50());
    return "TTFT p50: "
        + median
        + " ms (target < 800 ms) — "
        + (median < TARGET_MS ? "OK" : "FAIL");
  }
}

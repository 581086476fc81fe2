package llm.gpu.schedule;

import java.util.ArrayList;
import java.util.List;
import llm.domain.chat.Priority;
import llm.gpu.adapter.AdapterSet;

/**
 * Decides what one step computes.
 *
 * <ul>
 *   <li>A step is computed with one set of adapters: sets take turns ({@link AdapterTurns}).
 *   <li>An answer that streams gets its one token in every step.
 *   <li>Prompts share what the step has left for them in equal parts; what one does not need goes
 *       to the others. So a short prompt is read in its first step, however long another is.
 *   <li>Background work is left out while there is interactive work, but for every {@link
 *       #BACKGROUND_EVERY}th step, so that it does not starve.
 * </ul>
 *
 * <p>One thread.
 */
public final class StepPlanner {
  /** Of so many steps with interactive work, one has room for background work too. */
  public static final int BACKGROUND_EVERY = 16;

  private final int batchTokens;
  private final ChunkSize chunks;
  private final AdapterTurns turns = new AdapterTurns();
  private int stepsWithout; // steps since background work was part of one

  public StepPlanner(int batchTokens, ChunkSize chunks) {
    this.batchTokens = batchTokens;
    this.chunks = chunks;
  }

  /** Something to compute. */
  public interface Work {
    Priority priority();

    /** What it is computed with. */
    AdapterSet adapters();

    /** Tokens still to be computed, 1 or more. */
    int remaining();

    /** Whether an answer streams: it waits for every step. */
    boolean streams();
  }

  /**
   * A part of a step.
   *
   * @param work whose
   * @param tokens how many, 1 or more
   */
  public record Part<W extends Work>(W work, int tokens) {}

  /**
   * The next step; empty when there is no work.
   *
   * @param works in the order they came
   */
  public <W extends Work> List<Part<W>> plan(List<W> works) {
    boolean isLast = stepsWithout == BACKGROUND_EVERY - 1;
    List<W> eligible = whoseTurn(works);
    List<W> turn = turns.next(eligible, works, isLast);
    List<Part<W>> parts = new ArrayList<>(turn.size());
    List<W> prompts = new ArrayList<>();
    for (W work : turn) {
      if (work.streams()) {
        parts.add(new Part<>(work, 1));
      } else {
        prompts.add(work);
      }
    }
    int streaming = (int) eligible.stream().filter(Work::streams).count(); // all wait for this step
    int left = Math.min(batchTokens - parts.size(), chunks.next(streaming));
    share(prompts, left, parts);
    return parts;
  }

  private <W extends Work> List<W> whoseTurn(List<W> works) {
    boolean anyInteractive = works.stream().anyMatch(StepPlanner::isInteractive);
    boolean anyBackground = !works.stream().allMatch(StepPlanner::isInteractive);
    if (!anyInteractive || !anyBackground || ++stepsWithout >= BACKGROUND_EVERY) {
      stepsWithout = 0;
      return works;
    }
    return works.stream().filter(StepPlanner::isInteractive).toList();
  }

  private static boolean isInteractive(Work work) {
    return work.priority() == Priority.INTERACTIVE;
  }

  /** Equal parts, the smallest needs first, so that what they leave goes round. */
  private static <W extends Work> void share(List<W> prompts, int tokens, List<Part<W>> parts) {
    List<W> smallestFirst = new ArrayList<>(prompts);
    smallestFirst.sort((left, right) -> Integer.compare(left.remaining(), right.remaining()));
    int left = tokens;
    for (int i = 0; i < smallestFirst.size() && left > 0; i++) {
      W work = smallestFirst.get(i);
      int fair = Math.max(1, left / (smallestFirst.size() - i));
      int given = Math.min(work.remaining(), fair);
      parts.add(new Part<>(work, given));
      left -= given;
    }
  }
}

package llm.gpu.draft;

import java.util.Arrays;

/**
 * What steps that read no prompt cost by their number of tokens, in parts of each other. A step is
 * compared with plain ones, which have no drafts, of the moment before: other work on the machine
 * slows down both. Of each size the median of its last comparisons counts. One thread.
 */
public final class StepCosts {
  private static final int ENOUGH = 3; // comparisons
  private static final int LAST = 5;
  private static final int RECENT_STEPS = 16;
  private static final int FRESH_STEPS = 64;

  private final Median[] costs; // by tokens
  private final Median pace = new Median(3); // nanoseconds of what costs 1
  private final long[] plainAt; // by tokens: the step without drafts
  private int anchor; // the size that costs 1, 0 before the first step
  private long paceAt; // the step that the pace was last learnt from
  private long steps;

  /** For steps of at most {@code tokens}. */
  public StepCosts(int tokens) {
    this.costs = new Median[tokens + 1];
    Arrays.setAll(costs, _ -> new Median(LAST));
    this.plainAt = new long[tokens + 1];
  }

  /**
   * Learns that a step took so long.
   *
   * @param tokens all of it
   * @param drafted how many of them were drafts
   */
  public void took(int tokens, int drafted, long nanos) {
    steps++;
    if (tokens >= costs.length) {
      return;
    }
    double took = Math.max(1, nanos);
    if (anchor == 0) {
      anchor = tokens;
      costs[tokens].add(1);
    }
    boolean compares = tokens != anchor && pace.count() > 0 && steps - paceAt <= RECENT_STEPS;
    if (compares) {
      costs[tokens].add(took / pace.value());
    }
    if (drafted > 0) {
      return;
    }
    plainAt[tokens] = steps;
    if (!compares) {
      pace.add(took / of(tokens));
      paceAt = steps;
    }
  }

  /** Whether a step of so many answers without drafts was seen lately. */
  boolean isFresh(int answers) {
    return answers < plainAt.length
        && plainAt[answers] > 0
        && steps - plainAt[answers] < FRESH_STEPS;
  }

  /** Whether steps of so many tokens were seen often enough to be judged, or are too large. */
  boolean isKnown(int tokens) {
    return tokens >= costs.length || tokens == anchor || costs[tokens].count() >= ENOUGH;
  }

  /** How many nanoseconds what costs 1 takes now; 0 before the first step. */
  double pace() {
    return pace.value();
  }

  /** How many nanoseconds a step of {@code tokens} takes now; 0 before the first one. */
  public double nanos(int tokens) {
    return pace.count() == 0 ? 0 : of(tokens) * pace.value();
  }

  /**
   * What a step of {@code tokens} costs: as seen, else on the line through its neighbours, beyond
   * the largest through the last two. 1 before the first step.
   */
  double of(int tokens) {
    int at = Math.min(tokens, costs.length - 1);
    int above = above(at);
    int below = below(Math.min(at, above - 1));
    if (below == 0 || above == at) {
      return anchor == 0 ? 1 : costs[above].value();
    }
    double slope = (costs[above].value() - costs[below].value()) / (above - below);
    return costs[below].value() + (at > above ? Math.max(0, slope) : slope) * (at - below);
  }

  /** The smallest size that was seen from {@code tokens} on, else the largest of all. */
  private int above(int tokens) {
    for (int above = tokens; above < costs.length; above++) {
      if (costs[above].count() > 0) {
        return above;
      }
    }
    return below(tokens);
  }

  /** The largest that was seen up to {@code tokens}; 0 for none. */
  private int below(int tokens) {
    int below = Math.max(0, tokens);
    while (below > 0 && costs[below].count() == 0) {
      below--;
    }
    return below;
  }
}

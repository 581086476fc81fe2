package llm.gpu.draft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.gpu.draft.DraftPlanner.Answer;

/**
 * Decides what a draft model is asked for. Its guesses cost twice: for the time it takes itself,
 * one decode a guess, and for the larger step that verifies them. It is asked for as many as bring
 * the most tokens a second by that, and where none do only now and then, from the {@link Purse}. A
 * text that it has to read first, as a new prompt, is read once the answer is long enough for what
 * will be saved to be worth that, to all answers, which wait meanwhile. One thread.
 */
final class ModelDrafts {
  private static final double MARGIN = 1.05;
  private static final double LEAST_SHARE = 0.9;
  private static final double UNSURE = 0.5; // what was looked up may be left for a better guess
  private static final int PROBE_TOKENS = 2;
  private static final int SOON = 16; // tokens that are read beside what is drafted
  private static final int EXPECTED = 16; // tokens that an answer has at least, as far as known
  private static final double CHEAP_ENOUGH = 0.1; // likelihood, where cost does not matter

  private final Drafter drafter;
  private final Speculation speculation;
  private final StepCosts costs;
  private final Purse purse;
  private final DraftCosts own;
  private final Probes probes = new Probes();

  /** Asks {@code drafter}; {@code stepTokens} as {@link DraftPlanner} has it. */
  ModelDrafts(
      Drafter drafter, Speculation speculation, StepCosts costs, Purse purse, int stepTokens) {
    this.drafter = drafter;
    this.speculation = speculation;
    this.costs = costs;
    this.purse = purse;
    this.own = new DraftCosts(stepTokens);
  }

  /**
   * What is to be asked for.
   *
   * @param tokens of each answer
   * @param rate how many times as many tokens a second as without
   * @param first how likely the first guess has to be
   * @param least how likely others have to be
   */
  private record Depth(int tokens, double rate, double first, double least) {
    private static final Depth NONE = new Depth(0, 1, 1, 1);
  }

  /**
   * Has guesses made for the answers of a step that have none, or unlikely ones.
   *
   * @param most guesses that each may have
   * @param room of all together
   * @return an answer whose guesses are to be tried, though that does not seem to pay
   */
  Optional<Drafting> draft(List<? extends Answer> step, int[] most, int room) {
    List<Answer> wanting = new ArrayList<>();
    int fewest = room;
    boolean spares = true; // no answer is left without a guess
    for (int i = 0; i < step.size(); i++) {
      Answer answer = step.get(i);
      if (most[i] > 0 && wants(answer.drafting()) && unread(answer) != Drafter.NEVER) {
        wanting.add(answer);
        fewest = Math.min(fewest, most[i]);
      } else {
        spares &= answer.drafting().found() > 0;
      }
    }
    int each = wanting.isEmpty() ? 0 : Math.min(fewest, room / wanting.size());
    if (each == 0) {
      return Optional.empty();
    }
    if (speculation.mode() == Speculation.Mode.ALWAYS) {
      ask(wanting, new Depth(each, 1, 0, CHEAP_ENOUGH));
      return Optional.empty();
    }
    return askWherePays(step.size(), wanting, each, spares);
  }

  private boolean wants(Drafting drafting) {
    boolean always = speculation.mode() == Speculation.Mode.ALWAYS;
    double least = always ? 0 : Math.min(UNSURE, drafting.likelihoodByModel());
    return drafting.isOn() && (drafting.found() == 0 || drafting.likelihood(0) < least);
  }

  private int unread(Answer answer) {
    return drafter.unread(answer.drafting(), answer.sequence());
  }

  private Optional<Drafting> askWherePays(
      int answers, List<Answer> wanting, int each, boolean spares) {
    Depth depth = depth(answers, wanting, each, spares);
    if (depth.tokens() == 0) {
      return probe(answers, wanting.getFirst());
    }
    probes.pays();
    double saved = 1 - 1 / depth.rate(); // of each token's time
    List<Answer> asked = new ArrayList<>();
    for (Answer answer : wanting) {
      double reading = inSteps(own.reading(unread(answer)));
      boolean worth = saved * (answer.tokensSoFar() + EXPECTED) >= reading * answers;
      boolean begins = !answer.drafting().isFollowed();
      if (unread(answer) <= SOON || worth && !(begins && purse.isEmpty())) {
        asked.add(answer);
      }
    }
    if (!asked.isEmpty()) {
      ask(asked, depth);
    }
    return Optional.empty();
  }

  /** The depth with the most tokens a second. */
  private Depth depth(int answers, List<Answer> wanting, int each, boolean spares) {
    double likely =
        wanting.stream()
            .mapToDouble(answer -> answer.drafting().likelihoodByModel())
            .average()
            .orElse(0);
    double alone = costs.of(answers);
    boolean known = own.isKnown(wanting.size());
    if (!known && purse.isEmpty()) {
      return Depth.NONE;
    }
    double round = known ? inSteps(own.round(wanting.size())) : 0;
    int deepest = known ? each : Math.min(each, PROBE_TOKENS);
    var best = Depth.NONE;
    double tokens = answers;
    double reached = 1;
    for (int depth = 1; depth <= deepest; depth++) {
      reached *= likely;
      tokens += wanting.size() * reached;
      double step = Math.max(alone, costs.of(answers + wanting.size() * depth));
      double more = step - alone + depth * round;
      double time = alone + more;
      double rate = tokens / time * alone / answers;
      boolean fair = spares || alone / time >= LEAST_SHARE;
      if (fair && rate > Math.max(MARGIN, best.rate())) {
        double price = more / (depth * wanting.size()) * answers / alone * rate;
        double least = Math.min(price, likely);
        best = new Depth(depth, rate, least, least);
      }
    }
    return best;
  }

  private Optional<Drafting> probe(int answers, Answer answer) {
    if (!probes.isDue()) {
      return Optional.empty();
    }
    int tokens = Math.min(PROBE_TOKENS, answer.moreTokens());
    double time =
        tokens * atMostAStep(own.round(1))
            + inSteps(own.reading(unread(answer)))
            + costs.of(answers + tokens)
            - costs.of(answers);
    if (tokens == 0 || !purse.affords(time)) {
      return Optional.empty();
    }
    probes.take();
    ask(List.of(answer), new Depth(tokens, 1, 0, 0));
    return Optional.of(answer.drafting()).filter(Drafting::isByModel); // else it has to read on
  }

  private void ask(List<Answer> answers, Depth depth) {
    List<Drafter.Wish> wishes = new ArrayList<>();
    for (Answer answer : answers) {
      answer.drafting().follow();
      wishes.add(
          new Drafter.Wish(
              answer.drafting(), answer.sequence(), depth.tokens(), depth.first(), depth.least()));
    }
    Drafter.Took took = drafter.draft(wishes);
    own.took(answers.size(), took);
    purse.settle(-took.rounds() * atMostAStep(took.roundNanos()) - inSteps(took.readNanos()));
  }

  /** A round that takes longer than the large model was held up by other work. */
  private double atMostAStep(double nanos) {
    return Math.min(1, inSteps(nanos));
  }

  /** An answer has ended. */
  void leave(Drafting drafting) {
    drafter.leave(drafting);
  }

  private double inSteps(double nanos) {
    double pace = costs.pace();
    return pace == 0 ? 0 : nanos / pace;
  }
}

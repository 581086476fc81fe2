package llm.gpu.draft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.Priority;
import llm.gpu.prefix.TokenSequence;

/**
 * Decides how many drafted tokens each answer of a step tries.
 *
 * <p>A step with more tokens takes longer, for everybody in it; a guess that is right saves one. So
 * guesses are taken, the likeliest first, up to the number with the most tokens a second by what
 * steps took so far ({@link StepCosts}) and how often each answer's guesses were right. None are
 * taken where that is not more than without, nor where an answer would get its own tokens
 * noticeably later for the guesses of others.
 *
 * <p>Guesses are looked up in prompt and answer; where that finds none, or unlikely ones, a draft
 * model makes them if there is one ({@link ModelDrafts}).
 *
 * <p>Sizes of steps that were never seen are tried first ({@link Trials}). Once in a while a step
 * has no drafts, or others than seem best, or some though none seem to pay, so that it stays known
 * what they cost and bring. What is tried so is paid from a {@link Purse}: where drafts do not pay,
 * steps take a two-hundredth longer for it. One thread.
 */
public final class DraftPlanner {
  private static final double MARGIN = 1.05; // below, guessing is not worth the while
  private static final double LEAST_SHARE = 0.9; // of its own pace that every answer keeps
  private static final double UNLIKELY = 0.02;
  private static final int PROBE_TOKENS = 2;
  private static final int CROWDED_STEPS = 64;
  private static final int TRIAL_EVERY = 32;
  private static final double SURE = 0.5;

  private final Speculation speculation;
  private final StepCosts costs;
  private final int stepTokens;
  private final Trials trials;
  private final Confidence usual = new Confidence();
  private final Purse purse = new Purse();
  private final Probes probes = new Probes();
  private final Optional<ModelDrafts> model;
  private List<Drafting> tried = List.of(); // answers of the last step, where anything was drafted
  private int rest; // steps without drafts
  private int sinceTrial;

  /**
   * Learns from {@code costs} what steps take.
   *
   * @param stepTokens the most tokens, and outputs, of a step of answers
   * @param drafter guesses where nothing was looked up; empty: nothing does
   */
  public DraftPlanner(
      Speculation speculation, StepCosts costs, int stepTokens, Optional<Drafter> drafter) {
    this.speculation = speculation;
    this.costs = costs;
    this.stepTokens = stepTokens;
    this.trials = new Trials(costs);
    this.model = drafter.map(some -> new ModelDrafts(some, speculation, costs, purse, stepTokens));
  }

  /** An answer in a step. */
  public interface Answer {
    /** Whether its next token is computed and nothing else. */
    boolean streams();

    Priority priority();

    /** Its tokens. */
    TokenSequence sequence();

    Drafting drafting();

    /** The most tokens it may have beside the one that a step brings anyway, 0 or more. */
    int moreTokens();

    /** The tokens that it has, without the prompt's. */
    int tokensSoFar();
  }

  /**
   * The drafts of another answer.
   *
   * @param prompt the tokens it begins behind
   * @param predicted tokens that it may repeat; often none
   * @param seeded whether its caller wants the same text each time
   */
  public Drafting begin(int[] prompt, int[] predicted, boolean seeded) {
    var drafting = new Drafting(seeded ? speculation.ofRepeatable() : speculation, usual);
    drafting.predict(prompt, predicted);
    model.ifPresent(some -> drafting.onClose(some::leave));
    return drafting;
  }

  /**
   * The memory had no room for drafts: those of the step were not tried, nor are any for a while.
   */
  public void crowded() {
    rest = CROWDED_STEPS;
    tried.forEach(one -> one.plan(0));
    tried = List.of();
  }

  /**
   * Lets answers try drafts in a step that reads no prompt; those in the background not beside
   * others.
   *
   * @return whether anything is tried
   */
  public boolean plan(List<? extends Answer> step) {
    settle();
    step.forEach(answer -> answer.drafting().clear());
    if (!speculation.isOn() || !step.stream().allMatch(Answer::streams) || rests()) {
      return false;
    }
    int room = Math.max(0, Math.min(speculation.tokens(), stepTokens - step.size()));
    boolean interactive =
        step.stream().anyMatch(answer -> answer.priority() == Priority.INTERACTIVE);
    List<Drafting> drafts = new ArrayList<>(step.size());
    int[] most = new int[step.size()];
    for (Answer answer : step) {
      boolean yields = interactive && answer.priority() == Priority.BACKGROUND;
      int tokens = yields ? 0 : Math.min(room, answer.moreTokens());
      most[drafts.size()] = tokens;
      answer.drafting().seek(answer.sequence(), tokens);
      drafts.add(answer.drafting());
    }
    purse.earn(costs.of(step.size()));
    boolean drafted = plan(step, drafts, most, room) > 0;
    tried = drafted ? drafts : List.of();
    return drafted;
  }

  private int plan(List<? extends Answer> step, List<Drafting> drafts, int[] most, int room) {
    boolean known = speculation.mode() == Speculation.Mode.ALWAYS || costs.isFresh(step.size());
    if (!known || room == 0) {
      return 0;
    }
    Optional<Drafting> probed = model.flatMap(some -> some.draft(step, most, room));
    if (probed.isPresent()) {
      probed.get().plan(Math.min(room, probed.get().found()));
      return probed.get().count();
    }
    return drafts.stream().anyMatch(one -> one.found() > 0) ? plan(drafts, room) : 0;
  }

  /** What the drafts of the last step brought and cost, all told. */
  private void settle() {
    int answers = tried.size();
    int drafted = tried.stream().mapToInt(Drafting::count).sum();
    if (drafted > 0) {
      int right = tried.stream().mapToInt(Drafting::confirmed).sum();
      purse.settle(-loss(answers, drafted, right));
    }
    tried = List.of();
  }

  private boolean rests() {
    rest = Math.max(0, rest - 1);
    return rest > 0;
  }

  private int plan(List<Drafting> answers, int room) {
    return speculation.mode() == Speculation.Mode.ALWAYS
        ? planEvenly(answers, room)
        : planWhatPays(answers, room);
  }

  private static int planEvenly(List<Drafting> answers, int room) {
    int left = room;
    for (int i = 0; i < answers.size(); i++) {
      int given = Math.min(answers.get(i).found(), left / (answers.size() - i));
      answers.get(i).plan(given);
      left -= given;
    }
    return room - left;
  }

  private int planWhatPays(List<Drafting> answers, int room) {
    int count = answers.size();
    int found = answers.stream().mapToInt(Drafting::found).sum();
    int most = Math.min(room, found);
    int unknown = trials.unknown(count, count + most) - count;
    if (unknown > 0
        && answers.stream().allMatch(DraftPlanner::isSure)
        && purse.affords(loss(count, unknown, expected(answers, unknown)))) {
      return planEvenly(answers, unknown);
    }
    var guesses = new Guesses(answers, most);
    double alone = costs.of(count);
    double best = count / alone * MARGIN;
    int taken = 0;
    while (guesses.count() < most && guesses.next() > UNLIKELY) {
      double time = costs.of(count + guesses.count() + 1);
      double least = LEAST_SHARE * time / alone; // tokens that keep up an answer's pace
      guesses.take(least);
      double rate = guesses.expected() / time;
      if (rate > best && guesses.leastExpected() >= least) {
        best = rate;
        taken = guesses.count();
      }
    }
    if (taken == 0) {
      return probe(answers, most);
    }
    guesses.plan(taken);
    probes.pays();
    return count == 1 && ++sinceTrial >= TRIAL_EVERY ? trial(answers.getFirst(), most) : taken;
  }

  /** How many of so many drafts of all answers are expected to be right. */
  private static double expected(List<Drafting> answers, int drafts) {
    int each = drafts / answers.size();
    return answers.stream().mapToDouble(answer -> answer.expected(each)).sum();
  }

  private static boolean isSure(Drafting answer) {
    return answer.found() > 0 && answer.likelihood(0) >= SURE;
  }

  /** Tries another size than the one that seems best. */
  private int trial(Drafting answer, int most) {
    sinceTrial = 0;
    int tokens = trials.next(1, 1 + most) - 1;
    boolean tries = tokens > 0 && purse.affords(loss(1, tokens, answer.expected(tokens)));
    answer.plan(tries ? tokens : answer.count());
    return answer.count();
  }

  /**
   * Tries something though nothing seems to pay: what steps cost, or how good the guesses are. As
   * much as can be afforded, and the more seldom, the longer nothing pays.
   */
  private int probe(List<Drafting> answers, int room) {
    Optional<Drafting> one = answers.stream().filter(answer -> answer.found() > 0).findFirst();
    if (one.isEmpty() || !probes.isDue()) {
      return 0;
    }
    Drafting answer = one.get();
    int count = answers.size();
    int most = Math.min(room, answer.found());
    int size = isSure(answer) ? trials.next(count, count + most) - count : 0;
    int tokens = size > 0 ? size : Math.min(PROBE_TOKENS, most);
    while (tokens > 0 && !purse.affords(loss(count, tokens, answer.expected(tokens)))) {
      tokens /= 2;
    }
    if (tokens > 0) {
      probes.take();
    }
    answer.plan(tokens);
    return tokens;
  }

  /**
   * What drafts are expected to cost more than they bring, in plain steps.
   *
   * @param right how many of them are expected to be
   */
  private double loss(int answers, int drafts, double right) {
    return costs.of(answers + drafts) - (answers + right) * costs.of(answers) / answers;
  }
}

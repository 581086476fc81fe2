package llm.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import llm.train.Threshold.Judged;
import llm.train.Transcript.Ending;
import llm.train.corpus.Corpus;
import llm.train.corpus.Dialogue;
import llm.train.corpus.Exchange;
import llm.train.corpus.Language;
import llm.train.net.Example;
import llm.train.net.Learner;
import llm.train.net.Network;
import llm.train.net.Parameters;
import llm.train.net.Predictions;
import llm.train.net.Score;
import llm.train.vocabulary.Vocabulary;
import llm.train.vocabulary.VocabularyLearner;

/**
 * Makes a model of a corpus: learns a vocabulary, teaches a network, and finds out how sure it must
 * be to answer.
 *
 * <p>The result depends on the corpus and the recipe alone, bit for bit on one machine: neither on
 * the number of threads nor on time. Random numbers come from {@link Random}, whose algorithm the
 * Java specification fixes.
 */
final class Trainer {
  private static final int REPORT_STEPS = 100;
  private static final int WATCHED = 100;
  private static final int PERCENT = 100;
  private static final long HELD_OUT_STREAM = 0x5DEECE66DL;

  private final Corpus corpus;
  private final Recipe recipe;
  private final int threads;
  private final Progress progress;

  Trainer(Corpus corpus, Recipe recipe, int threads, Progress progress) {
    this.corpus = corpus;
    this.recipe = recipe;
    this.threads = threads;
    this.progress = progress;
  }

  /**
   * The model. Blocks until it is trained.
   *
   * @throws InterruptedException when the thread is interrupted; nothing is left then
   */
  TrainedModel train() throws InterruptedException {
    var random = new Random(recipe.seed());
    progress.say("learning a vocabulary of " + recipe.shape().vocabulary() + " tokens");
    Vocabulary vocabulary = vocabulary(random);
    var transcript = new Transcript(vocabulary, recipe.shape().contextTokens());
    List<Dialogue> heldOut = new ArrayList<>();
    var other = new Random(recipe.seed() ^ HELD_OUT_STREAM);
    for (int i = 0; i < recipe.heldOut(); i++) {
      heldOut.add(corpus.next(other));
    }
    Parameters weights = Parameters.random(recipe.shape(), random);
    progress.say(
        String.format(
            Locale.ROOT,
            "training %,d weights for %,d steps on %d threads",
            weights.count(),
            recipe.steps(),
            threads));
    teach(weights, transcript, random, heldOut);
    List<Dialogue> judging = corpus.tuning().isEmpty() ? heldOut : tuning();
    Threshold threshold = Threshold.choose(judge(weights, transcript, judging));
    return new TrainedModel(weights, vocabulary, threshold);
  }

  private List<Dialogue> tuning() {
    return corpus.tuning().stream()
        .map(exchange -> new Dialogue(Optional.empty(), List.of(exchange)))
        .toList();
  }

  private Vocabulary vocabulary(RandomGenerator random) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < recipe.vocabularySample(); i++) {
      Dialogue dialogue = corpus.next(random);
      dialogue.system().ifPresent(texts::add);
      for (Exchange exchange : dialogue.exchanges()) {
        texts.add("user\n" + exchange.question());
        texts.add("assistant\n" + exchange.answer());
      }
    }
    texts.add("system\n");
    return VocabularyLearner.learn(texts, recipe.shape().vocabulary());
  }

  private void teach(
      Parameters weights, Transcript transcript, RandomGenerator random, List<Dialogue> heldOut)
      throws InterruptedException {
    Schedule schedule = recipe.schedule();
    List<Example> watched =
        heldOut.stream()
            .limit(WATCHED)
            .map(dialogue -> transcript.example(dialogue, Ending.OPENING))
            .flatMap(Optional::stream)
            .toList();
    try (var learner = new Learner(weights, recipe.decay(), threads)) {
      progress.start(recipe.steps());
      for (int step = 1; step <= recipe.steps(); step++) {
        List<Example> batch = batch(transcript, random);
        Score score = learner.step(batch, schedule.rate(step));
        progress.step(step, score, batch.stream().mapToInt(Example::size).sum());
        if (step % REPORT_STEPS == 0 || step == recipe.steps()) {
          progress.validated(learner.evaluate(watched));
        }
      }
      progress.finish();
    }
  }

  private List<Example> batch(Transcript transcript, RandomGenerator random) {
    List<Example> batch = new ArrayList<>();
    BooleanSupplier skips = () -> random.nextInt(PERCENT) < recipe.skipPercent();
    while (batch.size() < recipe.batch()) {
      boolean whole = random.nextInt(PERCENT) < recipe.wholePercent();
      Ending ending = whole ? Ending.WHOLE : Ending.OPENING;
      transcript.example(corpus.next(random), ending, skips).ifPresent(batch::add);
    }
    return batch;
  }

  /** How sure the model is of the last answer of each dialogue, and whether it is right. */
  private List<Judged> judge(Parameters weights, Transcript transcript, List<Dialogue> dialogues) {
    var network = new Network(weights);
    List<Judged> judged = new ArrayList<>();
    for (Dialogue dialogue : dialogues) {
      Exchange last = dialogue.exchanges().getLast();
      boolean fallback = false;
      for (Language language : Language.values()) {
        fallback |= last.answer().equals(corpus.fallback(language));
      }
      var single = new Dialogue(dialogue.system(), List.of(last));
      Optional<Example> example = transcript.example(single, Ending.WHOLE);
      if (example.isPresent()) {
        judged.add(judge(network.predict(List.of(example.get())), fallback));
      }
    }
    return judged;
  }

  private static Judged judge(Predictions predictions, boolean fallback) {
    Score score = predictions.score();
    double certainty = predictions.probability(0, predictions.likeliest(0));
    return new Judged(certainty, score.right() == score.count(), fallback);
  }
}

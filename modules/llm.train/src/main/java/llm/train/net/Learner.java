package llm.train.net;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Teaches a network by steps. The examples of a step are dealt to a fixed number of shards, each
 * with gradients of its own, which are added in the order of the shards: the number of threads, and
 * which of them takes which shard, changes no bit. One thread owns it.
 */
public final class Learner implements AutoCloseable {
  /** More threads than these would find nothing to do. */
  public static final int SHARDS = 4;

  private static final double LONGEST_GRADIENT = 1;

  private final Parameters weights;
  private final AdamW optimizer;
  private final List<Parameters> gradients = new ArrayList<>();
  private final BlockingQueue<Network> networks;
  private final ExecutorService threads;
  private int steps;

  /**
   * A learner.
   *
   * @param weights what it changes
   * @param decay how much weights shrink with each step, of its rate
   * @param threadCount at least 1
   */
  public Learner(Parameters weights, double decay, int threadCount) {
    this.weights = weights;
    this.optimizer = new AdamW(weights, decay);
    for (int shard = 0; shard < SHARDS; shard++) {
      gradients.add(Parameters.zero(weights.shape()));
    }
    networks = new ArrayBlockingQueue<>(threadCount);
    for (int i = 0; i < threadCount; i++) {
      networks.add(new Network(weights));
    }
    threads = Executors.newFixedThreadPool(threadCount, Thread.ofPlatform().daemon().factory());
  }

  /**
   * One step: the gradients of all examples together, shortened where they are too long, and the
   * change of the weights. Blocks while it computes.
   *
   * @throws InterruptedException when the thread is interrupted; the weights are then of no use
   */
  public Score step(List<Example> examples, float rate) throws InterruptedException {
    List<Callable<Score>> shards = new ArrayList<>();
    for (int shard = 0; shard < SHARDS; shard++) {
      List<Example> dealt = shard(examples, shard);
      Parameters target = gradients.get(shard);
      if (!dealt.isEmpty()) {
        shards.add(() -> lend(network -> network.learn(dealt, target)));
      }
    }
    Score score = all(shards).stream().reduce(Score.NONE, Score::plus);
    float mean = (float) (1 / Math.max(score.weight(), 1e-9));
    double squares = 0;
    for (double square : all(perTensor(tensor -> addUp(tensor, mean)))) {
      squares += square;
    }
    float scale = (float) Math.min(1, LONGEST_GRADIENT / Math.sqrt(squares));
    var step = new AdamW.Step(++steps, rate, scale);
    all(
        perTensor(tensor -> {
          optimizer.update(tensor, step, gradient(0, tensor));
          return 0.0;
        }));
    return score;
  }

  /** How well it does on examples that it does not learn from. Blocks while it computes. */
  public Score evaluate(List<Example> examples) throws InterruptedException {
    List<Callable<Score>> shards = new ArrayList<>();
    for (int shard = 0; shard < SHARDS; shard++) {
      List<Example> dealt = shard(examples, shard);
      if (!dealt.isEmpty()) {
        shards.add(() -> lend(network -> network.predict(dealt).score()));
      }
    }
    return all(shards).stream().reduce(Score.NONE, Score::plus);
  }

  /** Ends its threads. */
  @Override
  public void close() {
    threads.shutdownNow();
  }

  private static List<Example> shard(List<Example> examples, int shard) {
    int size = examples.size();
    return examples.subList(shard * size / SHARDS, (shard + 1) * size / SHARDS);
  }

  /** Adds the shards' gradients of a tensor up in the first; the sum of the mean's squares. */
  private double addUp(int tensor, float mean) {
    float[] sum = gradient(0, tensor);
    for (int shard = 1; shard < SHARDS; shard++) {
      float[] more = gradient(shard, tensor);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += more[i];
        more[i] = 0f;
      }
    }
    double squares = 0;
    for (int i = 0; i < sum.length; i++) {
      sum[i] *= mean;
      squares += (double) sum[i] * sum[i];
    }
    return squares;
  }

  private float[] gradient(int shard, int tensor) {
    return gradients.get(shard).tensors().get(tensor).values();
  }

  /** Something to do with one tensor. */
  private interface TensorTask {
    double of(int tensor);
  }

  private List<Callable<Double>> perTensor(TensorTask task) {
    List<Callable<Double>> tasks = new ArrayList<>();
    for (int tensor = 0; tensor < weights.tensors().size(); tensor++) {
      int number = tensor;
      tasks.add(() -> task.of(number));
    }
    return tasks;
  }

  /** Something to do with a network that nobody else uses meanwhile. */
  private interface NetworkTask {
    Score of(Network network);
  }

  private Score lend(NetworkTask task) throws InterruptedException {
    Network network = networks.take();
    try {
      return task.of(network);
    } finally {
      networks.add(network);
    }
  }

  /** The results in the order of the tasks. */
  private <T> List<T> all(List<Callable<T>> tasks) throws InterruptedException {
    List<T> results = new ArrayList<>();
    try {
      for (Future<T> future : threads.invokeAll(tasks)) {
        results.add(future.get());
      }
    } catch (ExecutionException failure) {
      throw new IllegalStateException("a step of the training failed", failure.getCause());
    }
    return results;
  }
}

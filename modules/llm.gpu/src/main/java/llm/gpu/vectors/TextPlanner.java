package llm.gpu.vectors;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import llm.domain.embedding.Embedding;
import llm.domain.error.LlmError;

/**
 * The jobs in work: has their texts read, and says which texts go into the next decode. Jobs take
 * turns, a text each, so that a large one holds up no small one. The engine's thread owns it.
 */
final class TextPlanner {
  private final TextReader reader;
  private final int dimensions;
  private final ArrayDeque<EmbeddingJob> unread = new ArrayDeque<>();
  private final ArrayDeque<EmbeddingJob> ready = new ArrayDeque<>();
  private final List<EmbeddingJob> jobs = new ArrayList<>();
  private int oneByOne; // decodes of one text alone that are to come

  /**
   * A planner without jobs.
   *
   * @param dimensions how long the model's vectors are
   */
  TextPlanner(TextReader reader, int dimensions) {
    this.reader = reader;
    this.dimensions = dimensions;
  }

  /** A text in a decode. */
  public record Part(EmbeddingJob job, int index, int[] tokens) {}

  /** Takes a job, or ends it when the model cannot do what it asks. */
  public void add(EmbeddingJob job) {
    int asked = job.request().dimensions().orElse(dimensions);
    if (asked > dimensions) {
      String message =
          "dimensions "
              + asked
              + " is more than the "
              + dimensions
              + " of model '"
              + job.request().model()
              + "'; ask for less or leave it out";
      job.fail(LlmError.InvalidRequest.at("dimensions", message));
      return;
    }
    jobs.add(job);
    unread.add(job);
  }

  /** How many jobs are in work. */
  public int inWork() {
    return jobs.size();
  }

  /** Forgets jobs that are over. */
  public void dropEnded() {
    if (jobs.removeIf(EmbeddingJob::isOver)) {
      unread.removeIf(EmbeddingJob::isOver);
      ready.removeIf(EmbeddingJob::isOver);
    }
  }

  /**
   * Has the texts of the job that came first, of those not read, read here or aside; takes those
   * that are.
   *
   * @return false when there was nothing to do
   */
  public boolean readSome() {
    EmbeddingJob job = unread.poll();
    if (job != null && !job.isOver()) {
      reader.begin(job);
    }
    for (var read = reader.poll(); read.isPresent(); read = reader.poll()) {
      ready.add(read.get());
    }
    return job != null;
  }

  /**
   * The texts of the next decode; none when there is nothing to compute.
   *
   * @param most texts at most
   * @param room tells the most tokens of all together, for a first text of so many
   */
  public List<Part> next(int most, IntUnaryOperator room) {
    List<Part> parts = new ArrayList<>();
    int limit = oneByOne > 0 ? 1 : most;
    int tokens = 0;
    int capacity = 0;
    while (parts.size() < limit && !ready.isEmpty()) {
      EmbeddingJob job = ready.element();
      int[] text = job.peek();
      capacity = parts.isEmpty() ? room.applyAsInt(text.length) : capacity;
      if (!parts.isEmpty() && tokens + text.length > capacity) {
        break;
      }
      ready.remove();
      parts.add(new Part(job, job.take(), text));
      tokens += text.length;
      if (job.hasPending()) {
        ready.add(job);
      }
    }
    return parts;
  }

  /** The vectors of a decode. */
  public void computed(List<Part> parts, List<Embedding> vectors) {
    oneByOne = Math.max(0, oneByOne - 1);
    for (int i = 0; i < parts.size(); i++) {
      parts.get(i).job().computed(parts.get(i).index(), vectors.get(i));
    }
    dropEnded();
  }

  /**
   * A decode failed: a text alone ends its job, several are computed again one by one, for only one
   * of them may be to blame.
   */
  public void failed(List<Part> parts, LlmError error) {
    oneByOne = Math.max(0, oneByOne - 1);
    if (parts.size() == 1) {
      parts.getFirst().job().fail(error);
    } else {
      giveBack(parts);
      oneByOne = parts.size();
    }
    dropEnded();
  }

  /** A decode did not happen. */
  public void giveBack(List<Part> parts) {
    for (Part part : parts.reversed()) {
      ready.remove(part.job());
      part.job().giveBack(part.index());
      ready.addFirst(part.job());
    }
  }

  /** Ends every job in work. */
  public void endAll(Consumer<EmbeddingJob> how) {
    jobs.forEach(how);
    dropEnded();
  }
}

package llm.gpu.vectors;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.error.LlmError;
import llm.gpu.llama.Vocabulary;

/**
 * The jobs in work: reads their texts, and says which texts go into the next decode. Jobs take
 * turns, a text each, so that a large one holds up no small one. The engine's thread owns it.
 */
public final class TextPlanner {
  /** Characters read at a time; what takes longer would hold up answers that stream. */
  private static final int READ_CHARACTERS = 64 * 1024;

  private final Vocabulary vocabulary;
  private final int longest;
  private final int dimensions;
  private final ArrayDeque<EmbeddingJob> reading = new ArrayDeque<>();
  private final ArrayDeque<EmbeddingJob> ready = new ArrayDeque<>();
  private final List<EmbeddingJob> jobs = new ArrayList<>();
  private int oneByOne; // decodes of one text alone that are to come

  /**
   * A planner without jobs.
   *
   * @param longest the most tokens of one text
   * @param dimensions how long the model's vectors are
   */
  public TextPlanner(Vocabulary vocabulary, int longest, int dimensions) {
    this.vocabulary = vocabulary;
    this.longest = longest;
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
    reading.add(job);
  }

  /** How many jobs are in work. */
  public int inWork() {
    return jobs.size();
  }

  /** Forgets jobs that are over. */
  public void dropEnded() {
    if (jobs.removeIf(EmbeddingJob::isOver)) {
      reading.removeIf(EmbeddingJob::isOver);
      ready.removeIf(EmbeddingJob::isOver);
    }
  }

  /**
   * Reads some texts of the job that came first, of those not read.
   *
   * @return false when there was nothing to read
   */
  public boolean readSome() {
    EmbeddingJob job = reading.peek();
    if (job == null) {
      return false;
    }
    int characters = 0;
    while (!job.isRead() && !job.isOver() && characters < READ_CHARACTERS) {
      characters += readNext(job);
    }
    if (job.isRead() || job.isOver()) {
      reading.remove();
      ready.add(job);
    }
    return true;
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

  /** Reads the next input; how many characters that were. */
  private int readNext(EmbeddingJob job) {
    return switch (job.nextInput()) {
      case EmbeddingInput.Text(String text) -> {
        take(job, vocabulary.tokenizeInput(text));
        yield text.length();
      }
      case EmbeddingInput.Tokens(List<Integer> ids) -> {
        int[] tokens = ids.stream().mapToInt(Integer::intValue).toArray();
        if (areKnown(job, tokens)) {
          take(job, tokens);
        }
        yield tokens.length;
      }
    };
  }

  private boolean areKnown(EmbeddingJob job, int[] tokens) {
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] >= vocabulary.size()) {
        String path = "input[" + job.nextIndex() + "][" + i + "]";
        String message =
            path
                + " "
                + tokens[i]
                + " is no token of model '"
                + job.request().model()
                + "', which has 0 to "
                + (vocabulary.size() - 1);
        job.fail(LlmError.InvalidRequest.at(path, message));
        return false;
      }
    }
    return true;
  }

  private void take(EmbeddingJob job, int[] text) {
    String model = job.request().model().value();
    int index = job.nextIndex();
    if (text.length > longest) {
      job.fail(new LlmError.InputTooLong(model, index, text.length, longest));
    } else if (text.length == 0) {
      String path = "input[" + index + "]";
      job.fail(LlmError.InvalidRequest.at(path, path + " has no token; leave it out"));
    } else if (job.read(text) > EmbeddingRequest.MOST_TOKENS) {
      String message =
          "input takes more than "
              + EmbeddingRequest.MOST_TOKENS
              + " tokens in all by its first "
              + (index + 1)
              + " of "
              + job.request().inputs().size()
              + " inputs; send less at once";
      job.fail(LlmError.InvalidRequest.at("input", message));
    }
  }
}

package llm.gpu.vectors;

import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import llm.core.telemetry.Log;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.gpu.llama.Vocabulary;
import llm.gpu.schedule.Aside;

/**
 * Makes tokens of the texts of jobs. Short ones are read by who asks; those that take longer than a
 * step should, by the thread aside. What is wrong with a text ends its job. The engine's thread
 * owns it.
 */
final class TextReader {
  /** Texts of a job that are together no longer are read in a few milliseconds at the most. */
  static final int SHORT_CHARACTERS = 8_192;

  /** Characters after which others have their turn on the thread aside. */
  private static final int PART_CHARACTERS = 64 * 1024;

  private final Vocabulary vocabulary;
  private final int longest;
  private final Aside aside;
  private final Log log;
  private final Queue<EmbeddingJob> read = new ConcurrentLinkedQueue<>(); // jobs in work, at most

  TextReader(Vocabulary vocabulary, int longest, Aside aside, Log log) {
    this.vocabulary = vocabulary;
    this.longest = longest;
    this.aside = aside;
    this.log = log;
  }

  /** Reads the texts of a job, or lets them be read: {@link #poll} has it when that is done. */
  void begin(EmbeddingJob job) {
    var texts = new Texts(job);
    if (job.characters() <= SHORT_CHARACTERS) {
      while (texts.readPart()) {
        // all of them at once
      }
      return;
    }
    try {
      aside.add(texts);
    } catch (LlmException refused) {
      job.fail(refused.error());
    }
  }

  /** The next job whose texts are read and that has not ended. */
  Optional<EmbeddingJob> poll() {
    EmbeddingJob next = read.poll();
    while (next != null && next.isOver()) {
      next = read.poll();
    }
    return Optional.ofNullable(next);
  }

  /** The texts of one job. Whoever reads them owns the job until it is read. */
  private final class Texts implements Aside.Text {
    private final EmbeddingJob job;

    private Texts(EmbeddingJob job) {
      this.job = job;
    }

    @Override
    public boolean isWanted() {
      return !job.isOver();
    }

    @Override
    public boolean readPart() {
      try {
        int characters = 0;
        while (!job.isRead() && !job.isOver() && characters < PART_CHARACTERS) {
          characters += readNext(job);
        }
      } catch (RuntimeException | Error failure) {
        log.warn("texts_not_read").call(job.call()).cause(failure).emit();
        job.fail(new LlmError.Internal());
      }
      if (!job.isRead() && !job.isOver()) {
        return true;
      }
      read.add(job);
      job.wakeOwner();
      return false;
    }
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

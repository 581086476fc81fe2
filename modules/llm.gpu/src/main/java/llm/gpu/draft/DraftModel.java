package llm.gpu.draft;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import llm.gpu.llama.Batch;
import llm.gpu.llama.Context;
import llm.gpu.llama.ContextOptions;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Model;
import llm.gpu.llama.Vocabulary;

/**
 * A draft model in memory with what it computes in. Belongs to the thread that loaded it, as its
 * main model does.
 */
public final class DraftModel implements AutoCloseable {
  /** Logits this much below the largest add nothing that matters to the sum of probabilities. */
  private static final float FAR_BELOW = 16;

  private final String name;
  private final Model model;
  private final Context context;
  private final Batch batch;
  private final int window;
  private volatile Optional<String> failure = Optional.empty();

  /** Takes over {@code model}, which is closed when no context can be made. */
  DraftModel(String name, Model model, ContextOptions options, int window) throws LlamaException {
    boolean made = false;
    try {
      this.name = name;
      this.model = model;
      this.window = window;
      this.context = model.newContext(options);
      this.batch = new Batch(context.batchTokens(), context.sequences());
      made = true;
    } finally {
      if (!made) {
        model.close();
      }
    }
  }

  /** The file's name. */
  public String name() {
    return name;
  }

  /** Gives it up, as llama.cpp or what it computed cannot be relied on. */
  void fail(String why) {
    failure = Optional.of(why);
  }

  /** Why it was given up; empty while it drafts. Any thread. */
  Optional<String> failure() {
    return failure;
  }

  Context context() {
    return context;
  }

  Batch batch() {
    return batch;
  }

  /** The longest sequence it follows, in tokens. */
  int window() {
    return window;
  }

  /** Whether {@code token} ends an answer: such a guess saves nothing. */
  boolean ends(int token) {
    return model.vocabulary().endsGeneration(token);
  }

  /** Its tokens. */
  Vocabulary vocabulary() {
    return model.vocabulary();
  }

  /** The likeliest token. */
  record Likeliest(int token, double probability) {}

  /**
   * The token that it thinks comes next.
   *
   * @param index of the last decode
   * @throws LlamaException when it computed what are no numbers
   */
  Likeliest likeliest(int index) throws LlamaException {
    MemorySegment logits = context.logits(index);
    int count = (int) (logits.byteSize() / Float.BYTES);
    int best = 0;
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      float logit = logits.getAtIndex(JAVA_FLOAT, i);
      if (!(logit <= largest)) { // larger, or NaN
        if (Float.isNaN(logit)) {
          throw new LlamaException("It computed numbers that are none; its file is damaged.");
        }
        largest = logit;
        best = i;
      }
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      float below = logits.getAtIndex(JAVA_FLOAT, i) - largest;
      sum += below > -FAR_BELOW ? Math.exp(below) : 0;
    }
    return new Likeliest(best, 1 / sum);
  }

  /** Frees it. Idempotent. */
  @Override
  public void close() {
    batch.close();
    model.close();
  }
}

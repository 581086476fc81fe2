package llm.gpu.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import llm.gpu.draft.Speculation;
import llm.gpu.llama.Pooling;
import llm.gpu.memory.ContextShape;
import llm.gpu.memory.MemorySettings;
import llm.gpu.text.ModelTemplates;

/**
 * The engine's limits.
 *
 * @param contextTokens the window, prompt and answer together; 0 for the model's own, at most
 *     {@link #DEFAULT_MAX_CONTEXT}
 * @param poolTokens tokens that are remembered at once, of all requests and kept prefixes together;
 *     0 for {@link #poolFor}; never less than the window
 * @param batchTokens the most tokens of one step
 * @param threads threads that compute
 * @param loadedModels models that may be in memory at once
 * @param slots requests that are computed together
 * @param prefixes what is kept for prompts that begin alike
 * @param vectors how texts become vectors
 * @param queueCapacity requests that may wait for one model; as many for vectors beside them; twice
 *     as many long texts, of all models together, may wait to be read
 * @param ringEvents events that may wait for one consumer
 * @param stepTarget how long a step may take that holds up others, aimed at by the size of prompts'
 *     chunks
 * @param stallLimit how long an answer waits for a consumer that does not take its events
 * @param loadLimit how long a load may take
 * @param closeLimit how long closing waits for the owner threads
 * @param templates which chat templates models are asked by
 * @param speculation whether tokens are drafted
 * @param memory how much of it models may take
 */
public record EngineSettings(
    int contextTokens,
    int poolTokens,
    int batchTokens,
    int threads,
    int loadedModels,
    Slots slots,
    Prefixes prefixes,
    Vectors vectors,
    int queueCapacity,
    int ringEvents,
    Duration stepTarget,
    Duration stallLimit,
    Duration loadLimit,
    Duration closeLimit,
    ModelTemplates templates,
    Speculation speculation,
    MemorySettings memory) {

  /**
   * Requests that are computed together. Background ones have places of their own, so that they
   * take none from those somebody waits for.
   *
   * @param interactive 1 or more
   * @param background 1 or more
   */
  public record Slots(int interactive, int background) {
    /** All of them. */
    public int total() {
      return interactive + background;
    }
  }

  /**
   * What is kept for prompts that begin alike.
   *
   * @param sequences the most kept at once, 0 or more
   * @param tokens the most tokens of them together; -1 for as many as the pool holds
   * @param memoryBytes the most bytes of ordinary memory for those that the pool has no room for,
   *     of each model; 0 for none
   * @param worth how long computing one again must take for it to be kept: each makes every step a
   *     little slower
   * @param folder where they are saved when a model is unloaded; empty: they are not
   * @param folderBytes the most bytes of the files there
   */
  public record Prefixes(
      int sequences,
      int tokens,
      long memoryBytes,
      Duration worth,
      Optional<Path> folder,
      long folderBytes) {
    /** The most bytes of the files where nobody chose. */
    public static final long DEFAULT_FOLDER_BYTES = 1L << 30;

    /** What is kept where nobody chose. */
    public static final Prefixes DEFAULT =
        new Prefixes(
            16, -1, 256L << 20, Duration.ofMillis(50), Optional.empty(), DEFAULT_FOLDER_BYTES);

    /** What is kept in the pool only, however little it is worth. */
    public Prefixes(int sequences, int tokens) {
      this(sequences, tokens, 0);
    }

    /** What is kept in memory only, however little it is worth. */
    public Prefixes(int sequences, int tokens, long memoryBytes) {
      this(sequences, tokens, memoryBytes, Duration.ZERO, Optional.empty(), DEFAULT_FOLDER_BYTES);
    }

    /** The most bytes of ordinary memory; none where none is to be kept at all. */
    public long shelfBytes() {
      return sequences == 0 || tokens == 0 ? 0 : memoryBytes;
    }

    /** The limit in a pool of {@code poolTokens}. */
    public int tokensIn(int poolTokens) {
      return tokens < 0 ? poolTokens : Math.min(tokens, poolTokens);
    }
  }

  /**
   * How texts become vectors.
   *
   * @param pooling how a text's vectors become one; empty: as the model's file says, else their
   *     mean
   * @param longest the most tokens of one text; 0: what the model was trained for, at most {@link
   *     #LONGEST_UNASKED}
   */
  public record Vectors(Optional<Pooling> pooling, int longest) {
    /** A text is computed in one piece, whose memory grows with its length. */
    public static final int LONGEST_UNASKED = 2_048;

    /** The most tokens of a text for a model that was trained for {@code trained}; never more. */
    public int longestFor(int trained) {
      return Math.min(trained, longest == 0 ? LONGEST_UNASKED : longest);
    }
  }

  /** The largest window, and the largest pool, taken unasked: a load reserves memory for it. */
  public static final int DEFAULT_MAX_CONTEXT = 8192;

  /** Defaults for this machine. */
  public static final EngineSettings DEFAULT = builder().build();

  /** A builder with the defaults for this machine. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder with these limits. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /**
   * Threads that compute where nobody chose: half of the cores, and all but one of up to four.
   * llama.cpp's threads wait for each other by spinning, so one that loses its core to any other
   * work holds up all of them.
   *
   * @param cores logical ones, 1 or more
   */
  public static int threadsFor(int cores) {
    return Math.max(1, Math.max(Math.min(cores - 1, 3), cores / 2));
  }

  /** The same with so many threads that compute. */
  public EngineSettings withThreads(int other) {
    return toBuilder().threads(other).build();
  }

  /** The same with these drafts. */
  public EngineSettings withSpeculation(Speculation other) {
    return toBuilder().speculation(other).build();
  }

  /** The same with a window of so many tokens. */
  public EngineSettings withContext(int tokens) {
    return toBuilder().contextTokens(tokens).build();
  }

  /** The same with other limits of memory. */
  public EngineSettings withMemory(MemorySettings other) {
    return toBuilder().memory(other).build();
  }

  /** Sequences of one context: of the requests in work, and of what is kept. */
  public int sequences() {
    return slots.total() + prefixes.sequences();
  }

  /** Outputs of one step: of each sequence, and of what is drafted. */
  public int outputs() {
    return Math.max(sequences(), slots.total() + speculation.outputs());
  }

  /**
   * What a model is computed in that was trained for {@code trained} tokens.
   *
   * @param encoder whether it generates nothing
   */
  public ContextShape shapeFor(int trained, boolean encoder) {
    int pool = poolFor(contextFor(trained));
    return encoder
        ? new ContextShape(0, Math.min(batchTokens, vectors.longestFor(trained)), 1)
        : new ContextShape(pool, batchFor(pool), sequences(), outputs());
  }

  /** The window used for a model that was trained for {@code trained} tokens; never more. */
  public int contextFor(int trained) {
    return Math.min(trained, contextTokens == 0 ? DEFAULT_MAX_CONTEXT : contextTokens);
  }

  /**
   * The pool for a window of {@code window} tokens: unless set, a window for each slot, as far as
   * {@link #DEFAULT_MAX_CONTEXT} goes; one window at least.
   */
  public int poolFor(int window) {
    long unasked = Math.min(DEFAULT_MAX_CONTEXT, (long) window * slots.total());
    return (int) Math.max(window, poolTokens == 0 ? unasked : poolTokens);
  }

  /** Long texts that may be read, or wait for that, aside at once, of all models together. */
  public int textsAside() {
    return 2 * queueCapacity;
  }

  /** The most tokens of one step in a pool of {@code pool}: a token for each slot at least. */
  public int batchFor(int pool) {
    return Math.max(slots.total(), Math.min(batchTokens, pool));
  }

  /** Limits set one by one; the last value of each counts. Not thread-safe. */
  public static final class Builder {
    private int contextTokens = 0;
    private int poolTokens = 0;
    private int batchTokens = 512;
    private int threads = threadsFor(Runtime.getRuntime().availableProcessors());
    private int loadedModels = 1;
    private Slots slots = new Slots(8, 2);
    private Prefixes prefixes = Prefixes.DEFAULT;
    private Vectors vectors = new Vectors(Optional.empty(), 0);
    private int queueCapacity = 32;
    private int ringEvents = 256;
    private Duration stepTarget = Duration.ofMillis(100);
    private Duration stallLimit = Duration.ofSeconds(30);
    private Duration loadLimit = Duration.ofMinutes(5);
    private Duration closeLimit = Duration.ofSeconds(10);
    private ModelTemplates templates = ModelTemplates.OWN;
    private Speculation speculation = Speculation.DEFAULT;
    private MemorySettings memory = MemorySettings.DEFAULT;

    private Builder() {}

    private Builder(EngineSettings from) {
      contextTokens = from.contextTokens;
      poolTokens = from.poolTokens;
      batchTokens = from.batchTokens;
      threads = from.threads;
      loadedModels = from.loadedModels;
      slots = from.slots;
      prefixes = from.prefixes;
      vectors = from.vectors;
      queueCapacity = from.queueCapacity;
      ringEvents = from.ringEvents;
      stepTarget = from.stepTarget;
      stallLimit = from.stallLimit;
      loadLimit = from.loadLimit;
      closeLimit = from.closeLimit;
      templates = from.templates;
      speculation = from.speculation;
      memory = from.memory;
    }

    /** Sets the window; 0 for the model's own. */
    public Builder contextTokens(int value) {
      contextTokens = value;
      return this;
    }

    /** Sets the tokens that are remembered at once; 0 for {@link #poolFor}. */
    public Builder poolTokens(int value) {
      poolTokens = value;
      return this;
    }

    /** Sets the most tokens of one step. */
    public Builder batchTokens(int value) {
      batchTokens = value;
      return this;
    }

    /** Sets the threads that compute. */
    public Builder threads(int value) {
      threads = value;
      return this;
    }

    /** Sets the models that may be in memory at once. */
    public Builder loadedModels(int value) {
      loadedModels = value;
      return this;
    }

    /** Sets the requests that are computed together. */
    public Builder slots(Slots value) {
      slots = value;
      return this;
    }

    /** Sets what is kept for prompts that begin alike. */
    public Builder prefixes(Prefixes value) {
      prefixes = value;
      return this;
    }

    /** Sets how texts become vectors. */
    public Builder vectors(Vectors value) {
      vectors = value;
      return this;
    }

    /** Sets the requests that may wait for one model. */
    public Builder queueCapacity(int value) {
      queueCapacity = value;
      return this;
    }

    /** Sets the events that may wait for one consumer. */
    public Builder ringEvents(int value) {
      ringEvents = value;
      return this;
    }

    /** Sets how long a step may take that holds up others. */
    public Builder stepTarget(Duration value) {
      stepTarget = value;
      return this;
    }

    /** Sets how long an answer waits for its consumer. */
    public Builder stallLimit(Duration value) {
      stallLimit = value;
      return this;
    }

    /** Sets how long a load may take. */
    public Builder loadLimit(Duration value) {
      loadLimit = value;
      return this;
    }

    /** Sets how long closing waits for the owner threads. */
    public Builder closeLimit(Duration value) {
      closeLimit = value;
      return this;
    }

    /** Sets which chat templates models are asked by. */
    public Builder templates(ModelTemplates value) {
      templates = value;
      return this;
    }

    /** Sets whether tokens are drafted. */
    public Builder speculation(Speculation value) {
      speculation = value;
      return this;
    }

    /** Sets how much memory models may take. */
    public Builder memory(MemorySettings value) {
      memory = value;
      return this;
    }

    /** The limits. */
    public EngineSettings build() {
      return new EngineSettings(
          contextTokens,
          poolTokens,
          batchTokens,
          threads,
          loadedModels,
          slots,
          prefixes,
          vectors,
          queueCapacity,
          ringEvents,
          stepTarget,
          stallLimit,
          loadLimit,
          closeLimit,
          templates,
          speculation,
          memory);
    }
  }
}

package llm.gpu.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import llm.gpu.ffi.Constants;
import llm.gpu.ffi.Models;
import llm.gpu.ffi.Vocabularies;
import llm.gpu.ffi.Vocabularies.TokenizeFlags;

/**
 * A model's tokens. Lives as long as the model and belongs to its thread, but for reading text,
 * which any platform thread may do: llama.cpp changes nothing then, and closing the model waits for
 * it ({@link Model#stopReading}).
 */
public final class Vocabulary {
  private static final int NONE = Constants.LLAMA_TOKEN_NULL;
  private static final int MAX_TEXT_BYTES = 1 << 28;
  private static final int MAX_NAME_BYTES = 128;

  private final Model model;
  private final MemorySegment pointer;
  private final ReentrantReadWriteLock life = new ReentrantReadWriteLock(); // of the pointer
  private boolean closed; // guarded by life
  private final int size;
  private final int bos;
  private final int eos;
  private final boolean addsBos;
  private final boolean addsEos;

  Vocabulary(Model model) throws LlamaException {
    this.model = model;
    this.pointer = Models.vocabulary(model.pointer());
    if (Vocabularies.type(pointer) == Constants.LLAMA_VOCAB_TYPE_NONE) {
      throw new LlamaException("It has no tokenizer, so it cannot read text.");
    }
    this.size = Vocabularies.tokenCount(pointer);
    this.bos = Vocabularies.bos(pointer);
    this.eos = Vocabularies.eos(pointer);
    this.addsBos = Vocabularies.addsBos(pointer);
    this.addsEos = Vocabularies.addsEos(pointer);
    // llama_tokenize asserts that a special token it is to add exists
    if (addsBos && bos == NONE
        || addsEos && eos == NONE
        || Vocabularies.addsSep(pointer) && Vocabularies.sep(pointer) == NONE) {
      throw new LlamaException("Its tokenizer asks for a special token that it does not have.");
    }
  }

  /** How the text of a prompt is read. */
  public enum Reading {
    /** Every character is text. */
    PLAIN,
    /** Text such as {@code <|im_start|>} becomes the special token of that name. */
    WITH_SPECIAL_TOKENS
  }

  /** How many tokens there are. */
  public int size() {
    return size;
  }

  /**
   * The tokens of a prompt. The beginning-of-sequence token comes first where the model wants it,
   * exactly once: a template that writes it itself is not doubled. An end-of-sequence token that
   * the tokenizer would append is left out, for the answer goes on from the prompt.
   */
  public int[] tokenizePrompt(String text, Reading reading) {
    int[] tokens = tokenize(text, new TokenizeFlags(true, reading == Reading.WITH_SPECIAL_TOKENS));
    int from = addsBos && tokens.length > 1 && tokens[0] == bos && tokens[1] == bos ? 1 : 0;
    int to = tokens.length;
    if (addsEos && to > from && tokens[to - 1] == eos) {
      to--;
    }
    return from == 0 && to == tokens.length ? tokens : Arrays.copyOfRange(tokens, from, to);
  }

  /**
   * The tokens of a text to make a vector of: with the tokens that the model wants around it, and
   * names of special tokens read as any text.
   */
  public int[] tokenizeInput(String text) {
    return tokenize(text, new TokenizeFlags(true, false));
  }

  /** The tokens of {@code text} alone, with nothing added and nothing special. */
  public int[] tokenize(String text) {
    return tokenize(text, Reading.PLAIN);
  }

  /** The tokens of {@code text} alone, with nothing added. */
  public int[] tokenize(String text, Reading reading) {
    return tokenize(text, new TokenizeFlags(false, reading == Reading.WITH_SPECIAL_TOKENS));
  }

  /** Whether the text holds the name of a control token, which reading it as such would obey. */
  public boolean namesControlToken(String text) {
    return !Arrays.equals(tokenize(text), tokenize(text, Reading.WITH_SPECIAL_TOKENS));
  }

  /** Whether {@code token} ends a generation. */
  public boolean endsGeneration(int token) {
    return Vocabularies.isEndOfGeneration(pointer(), checked(token));
  }

  /**
   * Writes the bytes of {@code token} to {@code buffer}; special tokens have none.
   *
   * @return how many were written, or minus how many bytes the buffer needs
   */
  public int piece(int token, MemorySegment buffer) {
    return Vocabularies.piece(pointer(), checked(token), buffer);
  }

  /** The name of {@code token}, special or not; empty when it is longer than any mark is. */
  public String name(int token) {
    try (Arena arena = Arena.ofConfined()) {
      pointer();
      return readName(checked(token), arena.allocate(MAX_NAME_BYTES));
    }
  }

  /** Gets to know every token. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Told of a token.
     *
     * @param text its bytes, none when it is a control token; not to be kept
     * @param name the name of one without text; empty for others, and longer ones than marks are
     */
    void token(int token, byte[] text, String name, boolean endsGeneration);
  }

  /**
   * Tells of all tokens in order. Any platform thread; the model is not closed meanwhile.
   *
   * @throws IllegalStateException when it is closed already
   */
  public void tell(Listener listener) {
    life.readLock().lock();
    try (Arena arena = Arena.ofConfined()) {
      if (closed) {
        throw new IllegalStateException("the model is closed");
      }
      MemorySegment buffer = arena.allocate(MAX_NAME_BYTES);
      for (int token = 0; token < size; token++) {
        int count = Vocabularies.piece(pointer, token, buffer);
        if (count < 0) {
          buffer = arena.allocate(-count);
          count = Vocabularies.piece(pointer, token, buffer);
        }
        byte[] text = buffer.asSlice(0, Math.max(0, count)).toArray(JAVA_BYTE);
        String name = text.length > 0 ? "" : readName(token, buffer);
        listener.token(token, text, name, Vocabularies.isEndOfGeneration(pointer, token));
      }
    } finally {
      life.readLock().unlock();
    }
  }

  private String readName(int token, MemorySegment buffer) {
    int count = Vocabularies.namedPiece(pointer, token, buffer);
    return count <= 0
        ? ""
        : new String(buffer.asSlice(0, count).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
  }

  /** The token that begins a sequence; below 0 when there is none. */
  public int beginToken() {
    return bos;
  }

  /** The token that ends one; below 0 when there is none. */
  public int endToken() {
    return eos;
  }

  /** The name of the token that begins a sequence; empty when there is none. */
  public String beginName() {
    return bos == NONE ? "" : name(bos);
  }

  /** The name of the token that ends one; empty when there is none. */
  public String endName() {
    return eos == NONE ? "" : name(eos);
  }

  /**
   * The token itself.
   *
   * @throws IllegalArgumentException when there is no such token
   */
  int checked(int token) {
    if (token < 0 || token >= size) {
      throw new IllegalArgumentException("token " + token + " is not one of " + size);
    }
    return token;
  }

  /** Lets nobody read any more and waits for those who do. */
  void close() {
    life.writeLock().lock();
    try {
      closed = true;
    } finally {
      life.writeLock().unlock();
    }
  }

  private int[] tokenize(String text, TokenizeFlags flags) {
    life.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the model is closed");
      }
      return read(text, flags);
    } finally {
      life.readLock().unlock();
    }
  }

  private int[] read(String text, TokenizeFlags flags) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException("text of more than " + MAX_TEXT_BYTES + " bytes");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment input = arena.allocateFrom(JAVA_BYTE, bytes);
      int room = bytes.length + 8; // a token has a byte at least, and a few may be added
      MemorySegment tokens = arena.allocate(JAVA_INT, room);
      int count = Vocabularies.tokenize(pointer, input, tokens, flags);
      if (count < 0) {
        tokens = arena.allocate(JAVA_INT, -count);
        count = Vocabularies.tokenize(pointer, input, tokens, flags);
      }
      if (count < 0) {
        throw new IllegalStateException("llama_tokenize answered " + count);
      }
      return tokens.asSlice(0, (long) count * Integer.BYTES).toArray(JAVA_INT);
    }
  }

  /** The pointer, while the model is open and this is its thread. */
  private MemorySegment pointer() {
    model.pointer();
    return pointer;
  }
}

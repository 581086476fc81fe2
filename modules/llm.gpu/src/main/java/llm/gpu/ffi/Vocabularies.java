package llm.gpu.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Functions on {@code struct llama_vocab}, and the chat template. */
public final class Vocabularies {
  private static final MethodHandle TYPE = Symbols.handle(Function.LLAMA_VOCAB_TYPE);
  private static final MethodHandle N_TOKENS = Symbols.handle(Function.LLAMA_VOCAB_N_TOKENS);
  private static final MethodHandle IS_EOG = Symbols.handle(Function.LLAMA_VOCAB_IS_EOG);
  private static final MethodHandle BOS = Symbols.handle(Function.LLAMA_VOCAB_BOS);
  private static final MethodHandle EOS = Symbols.handle(Function.LLAMA_VOCAB_EOS);
  private static final MethodHandle SEP = Symbols.handle(Function.LLAMA_VOCAB_SEP);
  private static final MethodHandle ADD_BOS = Symbols.handle(Function.LLAMA_VOCAB_GET_ADD_BOS);
  private static final MethodHandle ADD_EOS = Symbols.handle(Function.LLAMA_VOCAB_GET_ADD_EOS);
  private static final MethodHandle ADD_SEP = Symbols.handle(Function.LLAMA_VOCAB_GET_ADD_SEP);
  private static final MethodHandle TOKENIZE = Symbols.handle(Function.LLAMA_TOKENIZE);
  private static final MethodHandle PIECE = Symbols.handle(Function.LLAMA_TOKEN_TO_PIECE);
  private static final MethodHandle TEMPLATE = Symbols.handle(Function.LLAMA_CHAT_APPLY_TEMPLATE);

  private Vocabularies() {}

  /** {@code llama_vocab_type}: 0 when the model has no vocabulary. */
  public static int type(MemorySegment vocabulary) {
    try {
      return (int) TYPE.invokeExact(vocabulary);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VOCAB_TYPE, thrown);
    }
  }

  /** {@code llama_vocab_n_tokens}. */
  public static int tokenCount(MemorySegment vocabulary) {
    try {
      return (int) N_TOKENS.invokeExact(vocabulary);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VOCAB_N_TOKENS, thrown);
    }
  }

  /** {@code llama_vocab_is_eog}: whether the token ends a generation. */
  public static boolean isEndOfGeneration(MemorySegment vocabulary, int token) {
    try {
      return (boolean) IS_EOG.invokeExact(vocabulary, token);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VOCAB_IS_EOG, thrown);
    }
  }

  /** {@code llama_vocab_bos}: -1 when there is none. */
  public static int bos(MemorySegment vocabulary) {
    try {
      return (int) BOS.invokeExact(vocabulary);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VOCAB_BOS, thrown);
    }
  }

  /** {@code llama_vocab_eos}: -1 when there is none. */
  public static int eos(MemorySegment vocabulary) {
    try {
      return (int) EOS.invokeExact(vocabulary);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VOCAB_EOS, thrown);
    }
  }

  /** {@code llama_vocab_sep}: -1 when there is none. */
  public static int sep(MemorySegment vocabulary) {
    try {
      return (int) SEP.invokeExact(vocabulary);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VOCAB_SEP, thrown);
    }
  }

  /** {@code llama_vocab_get_add_bos}. */
  public static boolean addsBos(MemorySegment vocabulary) {
    try {
      return (boolean) ADD_BOS.invokeExact(vocabulary);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VOCAB_GET_ADD_BOS, thrown);
    }
  }

  /** {@code llama_vocab_get_add_eos}. */
  public static boolean addsEos(MemorySegment vocabulary) {
    try {
      return (boolean) ADD_EOS.invokeExact(vocabulary);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VOCAB_GET_ADD_EOS, thrown);
    }
  }

  /** {@code llama_vocab_get_add_sep}. */
  public static boolean addsSep(MemorySegment vocabulary) {
    try {
      return (boolean) ADD_SEP.invokeExact(vocabulary);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VOCAB_GET_ADD_SEP, thrown);
    }
  }

  /**
   * {@code llama_tokenize}: how many tokens were written, or minus how many there would be.
   *
   * @param text UTF-8, not terminated
   * @param flags whether BOS and EOS are added, and whether special tokens are read from the text
   */
  public static int tokenize(
      MemorySegment vocabulary, MemorySegment text, MemorySegment tokens, TokenizeFlags flags) {
    try {
      return (int)
          TOKENIZE.invokeExact(
              vocabulary,
              text,
              (int) text.byteSize(),
              tokens,
              (int) (tokens.byteSize() / Integer.BYTES),
              flags.addSpecial(),
              flags.parseSpecial());
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_TOKENIZE, thrown);
    }
  }

  /**
   * {@code llama_token_to_piece}: bytes written to the buffer, or minus how many there would be.
   */
  public static int piece(MemorySegment vocabulary, int token, MemorySegment buffer) {
    try {
      return (int) PIECE.invokeExact(vocabulary, token, buffer, (int) buffer.byteSize(), 0, false);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_TOKEN_TO_PIECE, thrown);
    }
  }

  /** The same with the names of special tokens. */
  public static int namedPiece(MemorySegment vocabulary, int token, MemorySegment buffer) {
    try {
      return (int) PIECE.invokeExact(vocabulary, token, buffer, (int) buffer.byteSize(), 0, true);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_TOKEN_TO_PIECE, thrown);
    }
  }

  /**
   * {@code llama_chat_apply_template}: bytes of the prompt, of which as many as fit were written;
   * -1 when the template is not known.
   *
   * @param messages an array of {@link ChatMessageStruct}
   * @param answer whether the prompt ends where the assistant's answer begins
   */
  public static int applyTemplate(
      MemorySegment template, MemorySegment messages, boolean answer, MemorySegment buffer) {
    long count = messages.byteSize() / ChatMessageStruct.LAYOUT.byteSize();
    try {
      return (int)
          TEMPLATE.invokeExact(template, messages, count, answer, buffer, (int) buffer.byteSize());
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_CHAT_APPLY_TEMPLATE, thrown);
    }
  }

  /**
   * How text becomes tokens.
   *
   * @param addSpecial BOS and EOS are added where the model wants them
   * @param parseSpecial text such as {@code <|im_start|>} becomes the token of that name
   */
  public record TokenizeFlags(boolean addSpecial, boolean parseSpecial) {}
}

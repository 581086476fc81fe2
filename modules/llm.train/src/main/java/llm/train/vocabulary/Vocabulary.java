package llm.train.vocabulary;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * All tokens of a model, by number: four special ones, one for each byte, then pieces of text with
 * the first learned first. A space is written {@code ▁} in a piece. Immutable.
 */
public final class Vocabulary {
  /** Begins every sequence. */
  public static final int BEGIN = 1;

  /** Ends a turn, and so an answer. */
  public static final int TURN_END = 2;

  /** Begins a turn. */
  public static final int TURN_START = 3;

  /** What stands for a space. */
  static final char SPACE = '\u2581';

  private static final List<String> SPECIAL = List.of("<unk>", "<s>", "<|im_end|>", "<|im_start|>");
  private static final int FIRST_BYTE = SPECIAL.size();
  private static final int BYTES = 256;

  /** The number of the first piece of text. */
  static final int FIRST_PIECE = FIRST_BYTE + BYTES;

  /** What a token is: {@code enum llama_token_type} of {@code llama.h}. */
  public enum Type {
    NORMAL(1),
    UNKNOWN(2),
    CONTROL(3),
    BYTE(6);

    private final int number;

    Type(int number) {
      this.number = number;
    }

    /** Its number in a GGUF. */
    public int number() {
      return number;
    }
  }

  private final List<String> tokens;
  private final Map<String, Integer> pieces = new HashMap<>();
  private final Map<Long, Integer> merges = new HashMap<>();

  /**
   * A vocabulary of these pieces.
   *
   * @param learned pieces by their rank, none twice; every character of one is a piece itself
   */
  public Vocabulary(List<String> learned) {
    var all = new ArrayList<>(SPECIAL);
    for (int value = 0; value < BYTES; value++) {
      all.add(String.format("<0x%02X>", value));
    }
    all.addAll(learned);
    tokens = List.copyOf(all);
    if (new LinkedHashSet<>(tokens).size() < tokens.size()) {
      throw new IllegalArgumentException("a piece stands in the vocabulary twice");
    }
    for (int token = 0; token < tokens.size(); token++) {
      pieces.put(tokens.get(token), token);
    }
    for (int token = 0; token < tokens.size(); token++) {
      addMerges(token);
    }
  }

  /** All pairs of tokens whose texts together are the text of this one. */
  private void addMerges(int token) {
    String text = tokens.get(token);
    for (int i = 1; i < text.length(); i++) {
      Integer left = pieces.get(text.substring(0, i));
      Integer right = pieces.get(text.substring(i));
      if (left != null && right != null) {
        merges.put(pair(left, right), token);
      }
    }
  }

  /** How many tokens there are. */
  public int size() {
    return tokens.size();
  }

  /** The text of a token as a GGUF holds it. */
  public String text(int token) {
    return tokens.get(token);
  }

  /** What a token is. */
  public Type type(int token) {
    if (token == 0) {
      return Type.UNKNOWN;
    }
    return token < FIRST_BYTE ? Type.CONTROL : token < FIRST_PIECE ? Type.BYTE : Type.NORMAL;
  }

  /** The higher, the sooner a token is put together: minus the rank of a piece, else 0. */
  public float score(int token) {
    return token < FIRST_PIECE ? 0f : FIRST_PIECE - token;
  }

  /** The number of a piece; -1 when there is none. */
  int piece(String text) {
    return pieces.getOrDefault(text, -1);
  }

  /** What two tokens side by side are put together to; -1 when to nothing. */
  int merged(int left, int right) {
    return left < 0 || right < 0 ? -1 : merges.getOrDefault(pair(left, right), -1);
  }

  /** The token of a byte. */
  static int ofByte(byte value) {
    return FIRST_BYTE + Byte.toUnsignedInt(value);
  }

  /** The text that these tokens stand for; special ones have none. */
  public String decode(int[] encoded) {
    var bytes = new ByteArrayOutputStream();
    for (int token : encoded) {
      switch (type(token)) {
        case BYTE -> bytes.write(token - FIRST_BYTE);
        case NORMAL ->
            bytes.writeBytes(
                tokens.get(token).replace(SPACE, ' ').getBytes(StandardCharsets.UTF_8));
        case UNKNOWN, CONTROL -> {}
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static long pair(int left, int right) {
    return (long) left << Integer.SIZE | right;
  }
}

package llm.gpu.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llm.core.schema.valid.SchemaValidator;
import llm.domain.error.LlmError;

/**
 * What a grammar cannot forbid in a JSON text that grows token by token: that an object gets a name
 * twice, and that values are nested deeper than {@link SchemaValidator#MOST_LEVELS} levels. Names
 * are compared as they read, whatever escapes they are written with.
 *
 * <p>That the text is JSON is not looked at: the grammar sees to it. Of the text only the names of
 * open objects are kept. One thread.
 */
final class MemberNames {
  /** Why an answer ends that may not go on with anything. */
  static final LlmError STUCK =
      new LlmError.InvalidAnswer(
          "",
          "it could only go on with a name that its object has already, or with more than "
              + SchemaValidator.MOST_LEVELS
              + " levels");

  private static final int MOST_LEVELS = SchemaValidator.MOST_LEVELS;
  private static final Set<String> ARRAY = Set.of(); // in place of an object's names
  private static final int FIRST_BYTES = 64;
  private static final int HEX_DIGITS = 4; // behind its u

  private final List<Set<String>> levels = new ArrayList<>(); // open ones, the innermost last
  private final Deque<Runnable> undo = new ArrayDeque<>(); // what a token did to them
  private byte[] written = new byte[FIRST_BYTES]; // names as they are written, of one token
  private int length; // of that
  private int nameStart; // in that: where the last one begins
  private boolean inString;
  private boolean escaped; // within it: behind a backslash
  private boolean isName; // the string is
  private boolean nameIsNext; // the next string is

  /** Whether the text may go on with {@code bytes}. Changes nothing. */
  boolean allows(byte[] bytes) {
    if (!hasQuote(bytes)) {
      return inString || nests(bytes);
    }
    int lengthBefore = length;
    int startBefore = nameStart;
    boolean inStringBefore = inString;
    boolean escapedBefore = escaped;
    boolean isNameBefore = isName;
    boolean nextBefore = nameIsNext;
    boolean allowed = follow(bytes);
    while (!undo.isEmpty()) {
      undo.pop().run();
    }
    length = lengthBefore; // what stood there before still does
    nameStart = startBefore;
    inString = inStringBefore;
    escaped = escapedBefore;
    isName = isNameBefore;
    nameIsNext = nextBefore;
    return allowed;
  }

  /** The text goes on with {@code bytes}, which it {@link #allows}. */
  void take(byte[] bytes) {
    if (!follow(bytes)) {
      throw new IllegalStateException("was not allowed");
    }
    undo.clear();
    if (inString && isName) {
      System.arraycopy(written, nameStart, written, 0, length - nameStart);
      length -= nameStart;
    } else {
      length = 0;
    }
    nameStart = 0;
  }

  private static boolean hasQuote(byte[] bytes) {
    for (byte b : bytes) {
      if (b == '"') {
        return true;
      }
    }
    return false;
  }

  /** Whether {@code bytes}, outside of strings, stay within the levels. */
  private boolean nests(byte[] bytes) {
    int depth = levels.size();
    for (byte b : bytes) {
      if (b == '{' || b == '[') {
        depth++;
        if (depth > MOST_LEVELS) {
          return false;
        }
      } else if (b == '}' || b == ']') {
        depth--;
      }
    }
    return true;
  }

  private boolean follow(byte[] bytes) {
    for (byte b : bytes) {
      boolean allowed = inString ? followInString(b) : followOutside(b);
      if (!allowed) {
        return false;
      }
    }
    return true;
  }

  private boolean followInString(byte b) {
    if (b == '"' && !escaped) {
      inString = false;
      return !isName || addName();
    }
    escaped = b == '\\' && !escaped;
    if (isName) {
      if (length == written.length) {
        written = Arrays.copyOf(written, 2 * length);
      }
      written[length++] = b;
    }
    return true;
  }

  private boolean followOutside(byte b) {
    switch (b) {
      case '"' -> {
        inString = true;
        isName = nameIsNext;
        nameIsNext = false;
        nameStart = length;
      }
      case '{', '[' -> {
        if (levels.size() == MOST_LEVELS) {
          return false;
        }
        levels.add(b == '{' ? new HashSet<>() : ARRAY);
        undo.push(levels::removeLast);
        nameIsNext = b == '{';
      }
      case '}', ']' -> {
        Set<String> closed = levels.removeLast();
        undo.push(() -> levels.add(closed));
        nameIsNext = false;
      }
      case ',' -> nameIsNext = levels.getLast() != ARRAY;
      default -> {} // blanks, colons, numbers, literals
    }
    return true;
  }

  private boolean addName() {
    String name = new String(written, nameStart, length - nameStart, StandardCharsets.UTF_8);
    String read = name.indexOf('\\') < 0 ? name : unescaped(name);
    Set<String> names = levels.getLast();
    if (!names.add(read)) {
      return false;
    }
    undo.push(() -> names.remove(read));
    return true;
  }

  private static String unescaped(String text) {
    var read = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        read.append(c);
        continue;
      }
      i++;
      switch (text.charAt(i)) {
        case 'b' -> read.append('\b');
        case 'f' -> read.append('\f');
        case 'n' -> read.append('\n');
        case 'r' -> read.append('\r');
        case 't' -> read.append('\t');
        case 'u' -> {
          read.append((char) Integer.parseInt(text, i + 1, i + 1 + HEX_DIGITS, 16));
          i += HEX_DIGITS;
        }
        default -> read.append(text.charAt(i)); // a quote, a stroke
      }
    }
    return read.toString();
  }
}

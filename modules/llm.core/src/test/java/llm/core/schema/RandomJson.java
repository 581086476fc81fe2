package llm.core.schema;

import java.util.Random;

/** JSON texts that a seed decides: every kind of value, every way to write a character. */
final class RandomJson {
  private static final String[] BLANKS = {"", "", "", " ", "\n", "\t ", "\r\n"};
  private static final String[] TEXTS = {
    "a",
    "plain text ",
    "é",
    "שלום",
    "مرحبا",
    "日本",
    "😀",
    "👩‍👩‍👧‍👦",
    "\u2028",
    "\u0001",
    "\"",
    "\\",
    "/",
    "\n",
    "\uFFFD",
    "\u007f"
  };
  private static final String[] NUMBERS = {
    "0",
    "-0",
    "1",
    "-17",
    "3.25",
    "0.5e3",
    "1E-7",
    "2e+10",
    "9223372036854775807",
    "123456789012345678901"
  };

  private final Random random;
  private final StringBuilder out = new StringBuilder();

  private RandomJson(Random random) {
    this.random = random;
  }

  /** A document of at most {@code depth} levels. */
  static String document(Random random, int depth) {
    var json = new RandomJson(random);
    json.blank();
    json.value(depth);
    json.blank();
    return json.out.toString();
  }

  /** Pieces of {@code text}, cut anywhere: between the halves of a pair too. */
  static String[] cut(Random random, String text) {
    int most = 1 + random.nextInt(9);
    var pieces = new java.util.ArrayList<String>();
    int at = 0;
    while (at < text.length()) {
      int next = Math.min(text.length(), at + random.nextInt(most + 1));
      pieces.add(text.substring(at, next));
      at = next;
    }
    return pieces.toArray(String[]::new);
  }

  private void value(int depth) {
    switch (random.nextInt(depth > 0 ? 9 : 6)) {
      case 0 -> out.append("true");
      case 1 -> out.append("false");
      case 2 -> out.append("null");
      case 3 -> out.append(NUMBERS[random.nextInt(NUMBERS.length)]);
      case 4, 5 -> string("");
      case 6 -> array(depth - 1);
      default -> object(depth - 1);
    }
  }

  private void array(int depth) {
    int size = random.nextInt(4);
    out.append('[');
    for (int i = 0; i < size; i++) {
      out.append(i == 0 ? "" : ",");
      blank();
      value(depth);
      blank();
    }
    out.append(size == 0 && random.nextBoolean() ? " ]" : "]");
  }

  private void object(int depth) {
    int size = random.nextInt(4);
    out.append('{');
    for (int i = 0; i < size; i++) {
      out.append(i == 0 ? "" : ",");
      blank();
      string("m" + i);
      blank();
      out.append(':');
      blank();
      value(depth);
      blank();
    }
    out.append('}');
  }

  private void string(String begin) {
    out.append('"').append(begin);
    int parts = random.nextInt(5);
    for (int i = 0; i < parts; i++) {
      text(TEXTS[random.nextInt(TEXTS.length)]);
    }
    if (begin.isEmpty() && random.nextInt(12) == 0) {
      out.append(random.nextBoolean() ? "\\ud83d" : "\\uDE00"); // half a pair, which JSON allows
    }
    out.append('"');
  }

  private void text(String text) {
    text.codePoints()
        .forEach(point -> {
          int named = "\"\\/\b\f\n\r\t".indexOf(point);
          if (named >= 0 && random.nextBoolean()) {
            out.append('\\').append("\"\\/bfnrt".charAt(named));
          } else if (point < 0x20 || point == '"' || point == '\\' || random.nextInt(5) == 0) {
            for (char half : Character.toChars(point)) {
              boolean upper = random.nextBoolean();
              out.append((upper ? "\\u%04X" : "\\u%04x").formatted((int) half));
            }
          } else {
            out.appendCodePoint(point);
          }
        });
  }

  private void blank() {
    out.append(BLANKS[random.nextInt(BLANKS.length)]);
  }
}

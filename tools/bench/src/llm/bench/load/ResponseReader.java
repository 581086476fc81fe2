package llm.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Locale;

/**
 * Reads HTTP/1.1 responses from bytes however they are split, as far as a load generator must: the
 * status, where the body ends, the tokens in it (each holds one {@code ~}), the time stamps behind
 * them, and how it ends. One connection's, one thread's.
 */
public final class ResponseReader {
  private static final int MAX_HEAD = 16 * 1024;
  private static final int TAIL = 512;
  private static final int END_OF_HEAD = '\r' << 24 | '\n' << 16 | '\r' << 8 | '\n';
  private static final int STAMP_DIGITS = 19;

  /** Told of what a response brings. */
  public interface Listener {
    /** Nobody who wants to know. */
    Listener NOBODY =
        new Listener() {
          @Override
          public void firstToken() {
            // Nobody listens.
          }

          @Override
          public void stamp(long nanos) {
            // Nobody listens.
          }
        };

    /** The first token of a response. */
    void firstToken();

    /** A token that was sent at {@code nanos} of the monotonic clock. */
    void stamp(long nanos);
  }

  private enum State {
    HEAD,
    FIXED,
    CHUNK_SIZE,
    CHUNK_REST_OF_LINE,
    CHUNK_DATA,
    CHUNK_END,
    TRAILER,
    DONE
  }

  private final Listener listener;
  private final byte[] tail = new byte[TAIL];
  private byte[] head = new byte[512];
  private State state = State.HEAD;
  private int headLength;
  private int window;
  private int tailLength;
  private int status;
  private long remaining;
  private boolean closes;
  private boolean anyTrailer;
  private long tokens;

  /** Digits of the stamp that is being read; -1 when none is. */
  private int digits = -1;

  private long stamp;

  /** A reader that tells {@code listener}. */
  public ResponseReader(Listener listener) {
    this.listener = listener;
  }

  /** Ready for the next response. */
  public void reset() {
    state = State.HEAD;
    headLength = 0;
    window = 0;
    tailLength = 0;
    status = 0;
    closes = false;
    tokens = 0;
    digits = -1;
  }

  /** Whether a whole response was read. */
  public boolean done() {
    return state == State.DONE;
  }

  /** Whether nothing of a response was read. */
  public boolean untouched() {
    return state == State.HEAD && headLength == 0;
  }

  /** The status; 0 before it was read. */
  public int status() {
    return status;
  }

  /** Tokens so far. */
  public long tokens() {
    return tokens;
  }

  /** Whether the server closes the connection after this response. */
  public boolean closes() {
    return closes;
  }

  /** The last bytes of the body, at most 512. */
  public String tail() {
    return new String(tail, 0, tailLength, ISO_8859_1);
  }

  /** The head, for messages. */
  public String head() {
    return new String(head, 0, headLength, ISO_8859_1);
  }

  /**
   * Reads {@code bytes} from {@code from} to {@code to} or to the end of the response.
   *
   * @return where it stopped
   * @throws IllegalStateException when this is no HTTP/1.1 response
   */
  public int read(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && state != State.DONE) {
      at =
          switch (state) {
            case HEAD -> readHead(bytes, at, to);
            case FIXED, CHUNK_DATA -> readBody(bytes, at, to);
            default -> readChunkFrame(bytes[at], at);
          };
    }
    return at;
  }

  private int readHead(byte[] bytes, int from, int to) {
    for (int at = from; at < to; at++) {
      if (headLength == head.length) {
        growHead();
      }
      head[headLength++] = bytes[at];
      window = window << 8 | bytes[at] & 0xFF;
      if (window == END_OF_HEAD) {
        parseHead();
        return at + 1;
      }
    }
    return to;
  }

  private void growHead() {
    if (head.length >= MAX_HEAD) {
      throw new IllegalStateException("a response head of more than " + MAX_HEAD + " bytes");
    }
    head = java.util.Arrays.copyOf(head, 2 * head.length);
  }

  private void parseHead() {
    if (head[0] != 'H' || head[8] != ' ') {
      throw new IllegalStateException("no HTTP response: " + head());
    }
    status = 100 * (head[9] - '0') + 10 * (head[10] - '0') + head[11] - '0';
    remaining = -1;
    boolean chunked = false;
    for (int line = nextLine(0); head[line] != '\r'; line = nextLine(line)) {
      switch (head[line] | 0x20) {
        case 'c' -> {
          remaining = matches("content-length:", line) ? number(line + 15) : remaining;
          closes |= matches("connection: close", line);
        }
        case 't' -> chunked |= matches("transfer-encoding: chunked", line);
        default -> {
          // Of no meaning here.
        }
      }
    }
    if (status < 200) {
      headLength = 0; // An interim response; the final one follows.
      window = 0;
    } else if (chunked) {
      state = State.CHUNK_SIZE;
      remaining = 0;
    } else if (remaining > 0) {
      state = State.FIXED;
    } else if (remaining == 0 || status == 204) {
      state = State.DONE;
    } else {
      throw new IllegalStateException("a response whose end is not told: " + head());
    }
  }

  private int nextLine(int from) {
    int at = from;
    while (head[at] != '\n') {
      at++;
    }
    return at + 1;
  }

  private boolean matches(String lowerCase, int at) {
    if (at + lowerCase.length() > headLength) {
      return false;
    }
    for (int i = 0; i < lowerCase.length(); i++) {
      byte b = head[at + i];
      if ((b >= 'A' && b <= 'Z' ? b | 0x20 : b) != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private long number(int from) {
    long value = 0;
    for (int at = from; head[at] != '\r'; at++) {
      value = head[at] == ' ' ? value : 10 * value + head[at] - '0';
    }
    return value;
  }

  private int readBody(byte[] bytes, int from, int to) {
    int end = (int) Math.min(to, from + remaining);
    scan(bytes, from, end);
    keepTail(bytes, from, end);
    remaining -= end - from;
    if (remaining == 0) {
      state = state == State.FIXED ? State.DONE : State.CHUNK_END;
    }
    return end;
  }

  private void scan(byte[] bytes, int from, int end) {
    for (int at = from; at < end; at++) {
      byte b = bytes[at];
      if (digits >= 0) {
        digit(b);
      }
      if (b == '~') {
        if (tokens++ == 0) {
          listener.firstToken();
        }
        digits = 0;
        stamp = 0;
      }
    }
  }

  private void digit(byte b) {
    if (b < '0' || b > '9') {
      digits = -1;
      return;
    }
    stamp = 10 * stamp + b - '0';
    if (++digits == STAMP_DIGITS) {
      digits = -1;
      listener.stamp(stamp);
    }
  }

  private void keepTail(byte[] bytes, int from, int end) {
    int length = Math.min(end - from, TAIL);
    int keep = Math.min(tailLength, TAIL - length);
    System.arraycopy(tail, tailLength - keep, tail, 0, keep);
    System.arraycopy(bytes, end - length, tail, keep, length);
    tailLength = keep + length;
  }

  private int readChunkFrame(byte b, int at) {
    switch (state) {
      case CHUNK_SIZE -> chunkSize(b);
      case CHUNK_REST_OF_LINE -> afterSizeLine(b);
      case CHUNK_END -> {
        if (b == '\n') {
          state = State.CHUNK_SIZE;
          remaining = 0;
        }
      }
      case TRAILER -> trailer(b);
      default -> throw new IllegalStateException(state.name().toLowerCase(Locale.ROOT));
    }
    return at + 1;
  }

  private void chunkSize(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0) {
      remaining = remaining << 4 | digit;
    } else {
      state = State.CHUNK_REST_OF_LINE;
      afterSizeLine(b);
    }
  }

  private void afterSizeLine(byte b) {
    if (b == '\n') {
      state = remaining == 0 ? State.TRAILER : State.CHUNK_DATA;
      anyTrailer = false;
    }
  }

  private void trailer(byte b) {
    if (b == '\n') {
      state = anyTrailer ? State.TRAILER : State.DONE;
      anyTrailer = false;
    } else if (b != '\r') {
      anyTrailer = true;
    }
  }
}

package llm.bench.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Arrays;
import llm.bench.system.Workbench;

/** One streamed chat completion over a connection of its own; blocks. One thread's. */
public final class Completion {
  private static final int LIMIT_MILLIS = 120_000;
  private static final int READ_BYTES = 16 * 1024;
  private static final int MAX_DETAIL = 500;

  private final int port;
  private final Question question;
  private final StringBuilder text = new StringBuilder();
  private long[] pieces = new long[256];
  private int count;
  private int ends;
  private int promptTokens = -1;
  private int completionTokens = -1;
  private int cachedTokens = -1;
  private String detail = "";
  private Runnable onFirst = () -> {};

  private Completion(int port, Question question) {
    this.port = port;
    this.question = question;
  }

  /** Asks and reads to the end. */
  public static Answer ask(int port, Question question) {
    return new Completion(port, question).run();
  }

  /**
   * The same; {@code onFirst} is run at the first piece, or at an end without one, on this thread.
   */
  public static Answer ask(int port, Question question, Runnable onFirst) {
    var completion = new Completion(port, question);
    completion.onFirst = onFirst;
    try {
      return completion.run();
    } finally {
      if (completion.count == 0) {
        onFirst.run();
      }
    }
  }

  private Answer run() {
    int status = 0;
    long sent = System.nanoTime();
    try (var socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.connect(Workbench.loopback(port), LIMIT_MILLIS);
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write(question.request(port));
      var in = new BufferedInputStream(socket.getInputStream(), READ_BYTES);
      status = head(in);
      if (status != 200) {
        detail = cut(new String(in.readAllBytes(), UTF_8));
        return answer(Answer.End.REFUSED, status, sent);
      }
      return answer(events(new Chunks(in)), status, sent);
    } catch (IOException e) {
      detail = e.toString();
      return answer(Answer.End.CUT, status, sent);
    }
  }

  private static int head(InputStream in) throws IOException {
    int status = Integer.parseInt(line(in).split(" ")[1]);
    while (!line(in).isEmpty()) {
      // The bodies that are read here are chunked, or last to the connection's end.
    }
    return status;
  }

  private Answer.End events(InputStream in) throws IOException {
    while (true) {
      String line = line(in);
      if (line.equals("data: [DONE]")) {
        return Answer.End.DONE;
      }
      if (line.startsWith("data: {\"error\"")) {
        ends++;
        detail = cut(line);
        return Answer.End.ERROR_FRAME;
      }
      if (line.startsWith("data: ")) {
        event(line);
        if (question.cancelAfter() > 0 && count >= question.cancelAfter()) {
          return Answer.End.LEFT;
        }
      }
    }
  }

  private void event(String line) {
    String piece = Fields.text(line, "content");
    if (!piece.isEmpty()) {
      if (count == pieces.length) {
        pieces = Arrays.copyOf(pieces, 2 * count);
      }
      pieces[count++] = System.nanoTime();
      text.append(piece);
      if (count == 1) {
        onFirst.run();
      }
    }
    if (line.contains("\"finish_reason\":\"")) {
      ends++;
    }
    if (line.contains("\"usage\":{")) {
      promptTokens = (int) Fields.number(line, "prompt_tokens");
      completionTokens = (int) Fields.number(line, "completion_tokens");
      cachedTokens = (int) Fields.number(line, "cached_tokens", 0);
    }
  }

  private Answer answer(Answer.End end, int status, long sent) {
    return new Answer(
        end,
        status,
        detail,
        sent,
        Arrays.copyOf(pieces, count),
        text.toString(),
        promptTokens,
        completionTokens,
        cachedTokens,
        ends);
  }

  private static String cut(String text) {
    return text.substring(0, Math.min(text.length(), MAX_DETAIL));
  }

  private static String line(InputStream in) throws IOException {
    var bytes = new ByteArrayOutputStream(256);
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the stream broke off");
      }
      if (b != '\r') {
        bytes.write(b);
      }
    }
    return bytes.toString(UTF_8);
  }

  /** The data of a chunked body (RFC 9112, section 7.1). */
  static final class Chunks extends InputStream {
    private final InputStream in;
    private long left;
    private boolean begun;

    Chunks(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      if (left == 0) {
        next();
      }
      if (left < 0) {
        return -1;
      }
      left--;
      return in.read();
    }

    private void next() throws IOException {
      if (begun) {
        line(in); // what ends the chunk before
      }
      begun = true;
      String size = new String(line(in).getBytes(UTF_8), ISO_8859_1).split(";")[0].strip();
      left = Long.parseLong(size, 16);
      left = left == 0 ? -1 : left;
    }
  }
}

package llm.providers.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import llm.core.concurrent.Alarms;
import llm.core.dialect.upstream.AnswerReader;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.core.sse.FrameReader;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.providers.transport.UpstreamResponse;

/**
 * The answer of an upstream as events, read on the consumer's thread as it is pulled.
 *
 * <p>{@code Started} comes with the first chunk, not with the head: an upstream that accepts and
 * then reports an error in place of the first chunk has refused, and so the consumer sees it. An
 * answer that has its finish reason is complete, even when the connection breaks right after it.
 */
final class AnswerStream implements EventStream<StreamEvent> {
  /** The most bytes of one chunk, and of an answer in one piece. */
  static final int MOST_EVENT_BYTES = 4 * 1024 * 1024;

  static final int MOST_WHOLE_BYTES = 32 * 1024 * 1024;

  /** How long the end of the body may take to come after the end of the answer. */
  private static final Duration END_OF_BODY = Duration.ofMillis(20);

  private static final int END_BYTES = 4 * 1024;

  /** How the body is to be read. */
  private enum Form {
    PIECES,
    WHOLE,
    UNKNOWN
  }

  private final UpstreamResponse response;
  private final AnswerReader reader;
  private final Exchange exchange;
  private final Call call;
  private final String model;
  private final Alarms alarms;
  private final Runnable onEnd;
  private final Form form;
  private final InputStream body;
  private final FrameReader pieces; // null when the body comes as a whole
  private final AtomicBoolean released = new AtomicBoolean();

  // of the consumer alone
  private final Deque<StreamEvent> ready = new ArrayDeque<>(4);
  private StreamEvent.Terminal terminal; // found, not handed out yet; null: none
  private boolean started;
  private boolean ended;

  AnswerStream(
      UpstreamResponse response,
      AnswerReader reader,
      Framing framing,
      Exchange exchange,
      Call call,
      String model,
      Alarms alarms,
      Runnable onEnd) {
    this.response = response;
    this.reader = reader;
    this.exchange = exchange;
    this.call = call;
    this.model = model;
    this.alarms = alarms;
    this.onEnd = onEnd;
    String type = response.header("content-type").orElse("").toLowerCase(Locale.ROOT);
    this.form = framing == Framing.LINES ? lines(type) : events(type);
    this.body = response.body();
    this.pieces = form == Form.PIECES ? framing.reader(body, MOST_EVENT_BYTES) : null;
  }

  @Override
  public StreamEvent next() {
    if (ended) {
      throw new IllegalStateException("the terminal event was already returned");
    }
    while (ready.isEmpty() && terminal == null) {
      advance();
    }
    StreamEvent event = ready.poll();
    if (event != null) {
      return event;
    }
    ended = true;
    if (terminal instanceof StreamEvent.Done) {
      readToEnd();
    }
    release();
    return terminal;
  }

  /** Takes what is here: a chunk that gives no event must not pass for one that does. */
  @Override
  public boolean hasReady() {
    while (!ended && ready.isEmpty() && terminal == null && isAtHand()) {
      advance();
    }
    return !ended && (!ready.isEmpty() || terminal != null);
  }

  @Override
  public void close() {
    if (!released.get()) {
      call.cancel(CancelReason.CLOSED);
    }
    release();
  }

  private boolean isAtHand() {
    return form == Form.PIECES && pieces.hasReady();
  }

  /** Reads on until there is an event or the end; at least one step. */
  private void advance() {
    try {
      switch (form) {
        case PIECES -> nextPiece();
        case WHOLE -> wholeAnswer();
        case UNKNOWN -> end(new LlmException(noAnswer()).error());
      }
    } catch (LlmException failure) {
      end(failure.error());
    } catch (IOException failure) {
      broken(failure);
    }
  }

  private void nextPiece() throws IOException, LlmException {
    if (!pieces.next()) {
      end(reader.end());
      return;
    }
    reader.read(pieces.bytes(), pieces.offset(), pieces.length(), this::add);
    start();
    if (reader.isDone()) {
      end(reader.end());
    }
  }

  private void wholeAnswer() throws LlmException {
    byte[] answer = exchange.whole(response, MOST_WHOLE_BYTES, call);
    reader.read(answer, 0, answer.length, this::add);
    start();
    end(reader.endWhole());
  }

  private void add(StreamEvent event) {
    start();
    ready.add(event);
  }

  private void start() {
    if (!started && reader.hasBegun()) {
      started = true;
      ready.addFirst(new StreamEvent.Started(model));
    }
  }

  /** The connection failed: with the finish reason said, the answer is there all the same. */
  private void broken(IOException failure) {
    boolean complete = reader.isFinished() && call.cancelled().isEmpty();
    if (complete) {
      end(reader.end());
    } else {
      end(exchange.failure(failure, call));
    }
  }

  private void end(LlmError error) {
    terminal =
        error instanceof LlmError.Cancelled(CancelReason reason)
            ? new StreamEvent.Cancelled(reason, reader.usage())
            : new StreamEvent.Failed(error, reader.usage());
  }

  private void end(StreamEvent.Terminal found) {
    terminal = found;
  }

  private LlmError noAnswer() throws LlmException {
    byte[] found = exchange.whole(response, MOST_WHOLE_BYTES, call);
    return exchange
        .failures()
        .broke(
            "answered with content type '"
                + response.header("content-type").orElse("")
                + "', which is no answer; check its base_url. It begins: "
                + UpstreamFailures.quoted(found));
  }

  /**
   * Reads what is behind the answer, usually the end of the chunked coding, so that the connection
   * can be used again; an upstream that lets wait for it loses the connection instead.
   */
  private void readToEnd() {
    long until = alarms.time().nanoTime() + END_OF_BODY.toNanos();
    try (Registration _ = alarms.at(until, response::close)) {
      int left = END_BYTES;
      while (left > 0 && body.read() >= 0) {
        left--; // as a rule there is nothing, and no array is worth it
      }
    } catch (IOException _) {
      response.close(); // the answer is complete; the connection is not worth a word
    }
  }

  private void release() {
    if (released.compareAndSet(false, true)) {
      response.close();
      onEnd.run();
    }
  }

  private static Form events(String contentType) {
    if (contentType.contains("json")) {
      return Form.WHOLE;
    }
    boolean events =
        contentType.contains("event-stream")
            || contentType.isEmpty()
            || contentType.startsWith("text/plain");
    return events ? Form.PIECES : Form.UNKNOWN;
  }

  /** One line alone is a whole answer too. */
  private static Form lines(String contentType) {
    boolean lines =
        contentType.contains("json")
            || contentType.isEmpty()
            || contentType.startsWith("text/plain")
            || contentType.contains("octet-stream");
    return lines ? Form.PIECES : Form.UNKNOWN;
  }
}

package llm.server.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import llm.core.concurrent.Alarms;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.guard.ConnectionLost;

/**
 * Writes one generation as server-sent events while it comes.
 *
 * <ol>
 *   <li>The status is chosen when the first event is there, so that a refusal has its own; when
 *       none came for a while, 200 is sent with a comment.
 *   <li>Events are flushed when no other is ready, or at {@link #FLUSH_BYTES}.
 *   <li>While there is silence, comments are sent: they keep proxies from closing the connection.
 *       When one cannot be written, the call is cancelled with {@code CLIENT_GONE}; by writing
 *       alone the JDK's engine learns that the client has left, ours tells it before.
 *   <li>Where another target took the answer up behind the head, which can say so no more, a
 *       comment tells how often that happened.
 *   <li>There is exactly one end: the dialect's after {@code Done}, else an error frame.
 * </ol>
 *
 * <p>The request's thread pulls and writes events; comments come from short-lived threads. Both
 * write under {@link #lock}, whole frames only.
 */
final class EventsWriter {
  private static final int FLUSH_BYTES = 16 * 1024;
  private static final String FAILOVERS = "x-llm-failovers";
  private static final byte[] COMMENT = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);

  private final Wire wire;
  private final Call call;
  private final Response.Encoder encoder;
  private final Map<String, String> headers;
  private final Alarms alarms;
  private final Duration firstEvent;
  private final Duration keepAlive;
  private final Consumer<Throwable> onBug;

  private final ReentrantLock lock = new ReentrantLock();
  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(512); // guarded by lock
  private boolean committed; // guarded by lock
  private boolean over; // guarded by lock
  private volatile String failovers = ""; // as the client was told; written under lock
  private ConnectionLost lost; // guarded by lock; null while the client is there
  private long dueNanos; // guarded by lock: when the next comment is due
  private Registration alarm = () -> {}; // guarded by lock

  EventsWriter(
      Wire wire,
      Call call,
      Response.Encoder encoder,
      Map<String, String> headers,
      Alarms alarms,
      HttpSettings settings,
      Consumer<Throwable> onBug) {
    this.wire = wire;
    this.call = call;
    this.encoder = encoder;
    this.headers = headers;
    this.alarms = alarms;
    this.firstEvent = settings.firstEventCommit();
    this.keepAlive = settings.keepAlive();
    this.onBug = onBug;
  }

  /**
   * Runs the generation to its end.
   *
   * @return how it ended
   * @throws LlmException when nothing was sent yet and the answer is an error
   * @throws ConnectionLost when the client is not there any more; the call is cancelled then
   */
  StreamEvent.Terminal run(Response.Source source) throws LlmException, ConnectionLost {
    start();
    try {
      return pump(source);
    } catch (LlmException refused) {
      return failed(refused);
    } catch (RuntimeException | Error bug) {
      onBug.accept(bug);
      return failed(new LlmException(new LlmError.Internal(), bug));
    } finally {
      stop();
    }
  }

  private StreamEvent.Terminal pump(Response.Source source) throws LlmException, ConnectionLost {
    try (EventStream<StreamEvent> stream = source.open()) {
      StreamEvent event = stream.next();
      Optional<LlmError> refusal = refusal(event);
      if (refusal.isPresent() && claimRefusal()) {
        throw new LlmException(refusal.get());
      }
      while (true) {
        boolean waits = event instanceof StreamEvent.Terminal || !stream.hasReady();
        add(event, waits ? 0 : FLUSH_BYTES);
        if (event instanceof StreamEvent.Terminal terminal) {
          return terminal;
        }
        event = stream.next();
        if (waits) { // what is ready comes of the same target
          tellFailover();
        }
      }
    }
  }

  /** The error that a stream starts and ends with, if so. */
  private static Optional<LlmError> refusal(StreamEvent first) {
    return switch (first) {
      case StreamEvent.Failed(LlmError error, _) -> Optional.of(error);
      case StreamEvent.Cancelled(CancelReason reason, _) ->
          Optional.of(new LlmError.Cancelled(reason));
      default -> Optional.empty();
    };
  }

  private StreamEvent.Terminal failed(LlmException refused) throws LlmException, ConnectionLost {
    if (claimRefusal()) {
      throw refused;
    }
    var terminal = new StreamEvent.Failed(refused.error(), Usage.NONE);
    add(terminal, 0);
    return terminal;
  }

  /** Whether the answer may still be something else than events; then it will not be events. */
  private boolean claimRefusal() {
    lock.lock();
    try {
      over |= !committed;
      return !committed;
    } finally {
      lock.unlock();
    }
  }

  private void tellFailover() {
    String times = call.notes().getOrDefault(FAILOVERS, "");
    if (times.equals(failovers)) {
      return;
    }
    lock.lock();
    try {
      failovers = times;
      if (committed && !over && !wire.isRecorded()) {
        buffer.writeBytes((": failover " + times + "\n\n").getBytes(StandardCharsets.US_ASCII));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Adds the event's frames; sends when {@code flushAt} bytes have gathered. */
  private void add(StreamEvent event, int flushAt) throws ConnectionLost {
    lock.lock();
    try {
      if (lost != null) {
        throw lost;
      }
      if (over) {
        return; // a stream ends once, even when what made it fails after its end
      }
      if (event instanceof StreamEvent.Terminal) {
        wire.endsNow();
      }
      encoder.encode(event, buffer);
      if (buffer.size() >= flushAt) {
        send();
      }
      over = event instanceof StreamEvent.Terminal; // no comment follows the end
    } catch (ConnectionLost gone) {
      throw gone;
    } catch (IOException impossible) {
      throw new UncheckedIOException("a buffer in memory cannot fail", impossible);
    } finally {
      lock.unlock();
    }
  }

  /** Sends what has gathered; the caller holds the lock. */
  private void send() throws ConnectionLost {
    if (committed && buffer.size() == 0) {
      return;
    }
    try {
      if (!committed) {
        committed = true;
        failovers = call.notes().getOrDefault(FAILOVERS, "");
        wire.tellOf(call);
        wire.startEvents(headers);
        schedule(keepAlive);
      }
      wire.sendEvents(buffer); // empty at first: the head alone
      buffer.reset();
      dueNanos = alarms.time().nanoTime() + keepAlive.toNanos();
    } catch (ConnectionLost gone) {
      lost = gone;
      call.cancel(CancelReason.CLIENT_GONE);
      throw gone;
    }
  }

  private void start() {
    lock.lock();
    try {
      schedule(firstEvent);
    } finally {
      lock.unlock();
    }
  }

  private void stop() {
    lock.lock();
    try {
      over = true;
      alarm.close();
    } finally {
      lock.unlock();
    }
  }

  private void schedule(Duration pause) {
    alarm.close();
    dueNanos = alarms.time().nanoTime() + pause.toNanos();
    alarm = alarms.at(dueNanos, () -> Thread.startVirtualThread(this::beat));
  }

  /** Sends a comment if one is due, and sets the next alarm. */
  private void beat() {
    lock.lock();
    try {
      if (over || lost != null) {
        return;
      }
      long aheadNanos = dueNanos - alarms.time().nanoTime();
      if (aheadNanos > 0) {
        schedule(Duration.ofNanos(aheadNanos));
        return;
      }
      if (!wire.isRecorded()) {
        buffer.writeBytes(COMMENT);
      }
      send();
      schedule(keepAlive);
    } catch (ConnectionLost _) {
      alarm.close(); // send() has cancelled the call; the request's thread ends the connection
    } finally {
      lock.unlock();
    }
  }
}

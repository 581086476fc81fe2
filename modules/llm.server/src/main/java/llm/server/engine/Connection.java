package llm.server.engine;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.concurrent.Alarms;
import llm.server.engine.message.DateField;
import llm.server.engine.message.HeadReader;
import llm.server.engine.message.InputBuffer;
import llm.server.engine.message.OutputBuffer;
import llm.server.engine.message.Refusal;
import llm.server.engine.message.RefusedException;
import llm.server.engine.message.RequestHead;
import llm.server.engine.message.StatusLine;

/**
 * One connection: one request after the other, on one virtual thread. While a request is answered
 * that takes longer than a moment, a second thread waits in a read for the client to leave; when
 * the answer is out and that read still waits, the first thread ends and the second one goes on as
 * the connection's, so that a connection that waits has one thread.
 */
final class Connection implements Runnable {
  private static final int AHEAD_BYTES = 1024; // of the next request that may come meanwhile
  private static final long LINGER_BYTES = 1 << 20;

  /** What the parts of one engine share. */
  record Parts(
      EngineLimits limits,
      Alarms alarms,
      ConnectionLayer layer,
      EngineMeters meters,
      Connections connections,
      Lookout lookout,
      Contexts contexts,
      DateField date) {}

  /** Who may read, and what ends the connection. */
  private enum Phase {
    /** The connection's thread waits for a request. */
    IDLE,
    /** The connection's thread reads a request, or answers one unwatched. */
    BUSY,
    /** The request was read to its end; a watch may begin. */
    OPEN,
    /** The watching thread reads, the connection's thread answers. */
    WATCHED,
    /** The watching thread has read something, or the end, and is gone. */
    SEEN,
    /** The connection's thread is gone; the watching thread waits for a request in its place. */
    PARTED,
    /** Closed while it waited. */
    CLOSED
  }

  /** How it goes on after a request. */
  enum Next {
    REQUEST,
    CLOSE,
    /** Closed after the client could read the answer, although it may still be sending. */
    LINGER,
    /** Another thread has the connection now. */
    LEAVE
  }

  private final Parts parts;
  private final Link link;
  private final InputBuffer input;
  private final HeadReader heads;
  private final OutputBuffer output;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.BUSY);
  private volatile boolean lookedFor; // whether the lookout has it
  private volatile long openedNanos; // when the phase became OPEN
  private volatile Exchange exchange; // null while none is answered
  private volatile Thread handling; // null while no handler runs
  private volatile Thread watcher;
  private volatile boolean served; // whether a request has begun on it

  Connection(Socket accepted, Parts parts) {
    this.parts = parts;
    this.link = new Link(accepted, parts.limits(), parts.alarms().time());
    this.input = new InputBuffer(link);
    this.heads = new HeadReader(input, parts.limits().headerBytes(), parts.limits().headers());
    this.output = new OutputBuffer(link);
  }

  Parts parts() {
    return parts;
  }

  Link link() {
    return link;
  }

  InputBuffer input() {
    return input;
  }

  HeadReader heads() {
    return heads;
  }

  OutputBuffer output() {
    return output;
  }

  @Override
  public void run() {
    boolean opened = false;
    try {
      link.open(parts.layer());
      opened = true;
    } catch (IOException failed) {
      parts.meters().broken();
    } catch (RuntimeException | Error bug) {
      parts.meters().engineFailed(bug);
    } finally {
      if (!opened) {
        end();
      }
    }
    if (opened) {
      serve();
    }
  }

  /** Serves requests until the connection ends, or another thread has it. */
  private void serve() {
    var next = Next.CLOSE;
    try {
      do {
        next = serveOne();
      } while (next == Next.REQUEST);
      if (next == Next.LINGER) {
        linger();
      }
    } catch (RefusedException refused) {
      next = Next.CLOSE;
      refuse(refused.refusal());
    } catch (IOException broken) {
      next = Next.CLOSE;
      if (phase.get() != Phase.IDLE && phase.get() != Phase.CLOSED) {
        parts.meters().broken();
      }
    } catch (RuntimeException | Error bug) {
      next = Next.CLOSE;
      parts.meters().engineFailed(bug);
    } finally {
      if (next != Next.LEAVE) {
        end();
      }
    }
  }

  private Next serveOne() throws IOException {
    if (!awaitRequest()) {
      return Next.CLOSE;
    }
    RequestHead head = heads.read();
    link.await(Link.Wait.NOTHING);
    var current = new Exchange(this, head);
    exchange = current;
    try {
      if (current.isBodyEnded()) {
        open();
      }
      Next next = current.run();
      if (next != Next.REQUEST) {
        return next;
      }
    } finally {
      exchange = null;
      handling = null;
    }
    return part();
  }

  /** Waits for the first byte of a request; false when none comes. */
  private boolean awaitRequest() throws IOException {
    boolean waits = input.isEmpty();
    if (waits) {
      input.shrink();
      output.shrink();
      link.await(Link.Wait.REQUEST);
      phase.set(Phase.IDLE);
      if (served && parts.connections().isDraining()) {
        return false;
      }
    } else {
      link.await(Link.Wait.HEAD);
      phase.set(Phase.BUSY);
    }
    if (!heads.awaitStart() || (waits && !phase.compareAndSet(Phase.IDLE, Phase.BUSY))) {
      return false;
    }
    if (waits) {
      link.await(Link.Wait.HEAD);
    }
    served = true;
    return true;
  }

  /** The request was read to its end: from now on a watch may read. */
  void open() {
    if (!input.isEmpty()) {
      return; // the next request is there already, and so is its client
    }
    input.shrink(); // from now on the buffer is the watching thread's
    openedNanos = parts.alarms().time().nanoTime();
    phase.set(Phase.OPEN);
    if (!lookedFor) {
      lookedFor = true;
      parts.lookout().add(this);
    }
  }

  /** Begins the watch when the answer takes long; whether to look again later. */
  boolean look(long now) {
    lookedFor = false; // before the phase: whoever opens meanwhile comes back to the lookout
    if (phase.get() != Phase.OPEN) {
      return false;
    }
    if (now - openedNanos < Lookout.MOMENT_NANOS) {
      lookedFor = true;
      return true;
    }
    var thread = Thread.ofVirtual().unstarted(this::watch);
    watcher = thread;
    if (phase.compareAndSet(Phase.OPEN, Phase.WATCHED)) {
      thread.start();
    }
    return false;
  }

  /** Reads ahead, to learn at once that the client has left. */
  private void watch() {
    boolean came;
    try {
      came = input.fill(AHEAD_BYTES);
    } catch (IOException _) {
      came = false; // a reset tells the same as an orderly end
    }
    var watched = exchange;
    if (phase.compareAndSet(Phase.WATCHED, Phase.SEEN)) {
      if (!came && watched != null) {
        watched.clientGone();
      }
    } else if (came && phase.compareAndSet(Phase.PARTED, Phase.BUSY)) {
      serve();
    } else {
      end();
    }
  }

  /** Ends the answering: this thread goes on, or leaves the connection to the one that watches. */
  private Next part() {
    parts.connections().requestEnded();
    if (phase.compareAndSet(Phase.OPEN, Phase.BUSY) || phase.get() != Phase.WATCHED) {
      return Next.REQUEST;
    }
    output.shrink();
    link.await(Link.Wait.REQUEST);
    if (!phase.compareAndSet(Phase.WATCHED, Phase.PARTED)) {
      return Next.REQUEST;
    }
    if (parts.connections().isDraining()) {
      closeIfIdle();
    }
    return Next.LEAVE;
  }

  /** Answers by itself, and ends. */
  private void refuse(Refusal refusal) {
    parts.meters().rejected(refusal, link.remoteAddress().toString());
    try {
      output.shrink();
      if (refusal.isAnswered()) {
        send(refusal);
      }
      linger();
    } catch (IOException _) {
      parts.meters().broken();
    }
  }

  /** Sends the engine's own answer, after which the connection is closed. */
  void send(Refusal refusal) throws IOException {
    byte[] body = refusal.json().getBytes(StandardCharsets.US_ASCII);
    output.bytes(StatusLine.of(refusal.status()));
    output.bytes(parts.date().line(parts.alarms().time().now()));
    output.text(
        "Content-Type: application/json\r\nCache-Control: no-store\r\n"
            + (refusal.status() == 503 ? "Retry-After: 1\r\n" : "")
            + "Connection: close\r\nContent-Length: "
            + body.length
            + "\r\n\r\n");
    output.bytes(body);
    output.flush();
  }

  /** Lets the client read the answer: a connection closed over unread input is reset instead. */
  private void linger() throws IOException {
    if (phase.get() == Phase.WATCHED) {
      return; // another thread reads, and nothing was left unread
    }
    link.linger(new byte[AHEAD_BYTES], LINGER_BYTES);
  }

  /** Takes the connection out of HTTP; nobody watches it from now on. */
  Taken take() {
    phase.compareAndSet(Phase.OPEN, Phase.BUSY);
    boolean watched = phase.get() == Phase.WATCHED || phase.get() == Phase.SEEN;
    return new Taken(this, watched ? watcher : null);
  }

  /** Closes and forgets the connection. Any thread, idempotent. */
  void end() {
    link.close();
    parts.connections().remove(this);
  }

  void handledBy(Thread thread) {
    handling = thread;
  }

  boolean isIdle() {
    Phase now = phase.get();
    return now == Phase.IDLE || now == Phase.PARTED;
  }

  boolean isBusy() {
    return exchange != null;
  }

  void check(long now) {
    link.check(now);
  }

  /** Closes it when it waits for another request; one that has not sent any may send one. */
  void closeIfIdle() {
    if (!served) {
      return;
    }
    if (phase.compareAndSet(Phase.IDLE, Phase.CLOSED)
        || phase.compareAndSet(Phase.PARTED, Phase.CLOSED)) {
      link.kill();
    }
  }

  /** Closes at once and interrupts the handler. */
  void abort() {
    link.kill();
    Thread handler = handling;
    if (handler != null) {
      handler.interrupt();
    }
  }
}

package llm.core.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import javax.net.ssl.SSLContext;

/**
 * A server on the loopback that answers as a test scripted it, faults included. Each request takes
 * the next {@link Reply} of {@link #answer}; when there is none, {@link #otherwise} decides. It
 * records what it received, and says when connections came and went.
 *
 * <p>Thread-safe; a virtual thread per connection. Waits fail the test after 20 s.
 */
public final class FaultUpstream implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;
  private static final int BACKLOG = 2_000;

  private final ServerSocket listener;
  private final Thread acceptor;
  private final Optional<SSLContext> tls;
  private final Queue<Reply> replies = new ConcurrentLinkedQueue<>();
  private final Queue<Reply> greetings = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<Received> untaken = new LinkedBlockingQueue<>();
  private final List<Received> requests = new ArrayList<>(); // guarded by itself
  private final Set<FaultConnection> open = ConcurrentHashMap.newKeySet();
  private volatile Function<Received, Reply> otherwise =
      request -> Reply.whole(500, "text/plain", "no reply is scripted for " + request.target());

  private final Object counts = new Object();
  private int accepted; // guarded by counts
  private int ended; // guarded by counts
  private int idle; // guarded by counts

  private FaultUpstream(Optional<SSLContext> tls) {
    this.tls = tls;
    try {
      listener = new ServerSocket();
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    acceptor = Thread.ofVirtual().name("fault-upstream").start(this::acceptAll);
  }

  /** Listens on a free port of the loopback, without TLS. */
  public static FaultUpstream open() {
    return new FaultUpstream(Optional.empty());
  }

  /** Listens with TLS; see {@link TestAuthority} for contexts. */
  public static FaultUpstream open(SSLContext tls) {
    return new FaultUpstream(Optional.of(tls));
  }

  /** The replies to the next requests, in order. */
  public FaultUpstream answer(Reply... next) {
    replies.addAll(List.of(next));
    return this;
  }

  /** What requests get that have no reply scripted. */
  public FaultUpstream otherwise(Function<Received, Reply> answer) {
    otherwise = answer;
    return this;
  }

  /** What the next connections get before anything is read from them (and before TLS). */
  public FaultUpstream greet(Reply... next) {
    greetings.addAll(List.of(next));
    return this;
  }

  /** {@code http://127.0.0.1:PORT}, or {@code https://localhost:PORT} with TLS. */
  public URI uri() {
    return URI.create((tls.isPresent() ? "https://localhost:" : "http://127.0.0.1:") + port());
  }

  /** The port. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Waits for the next request that was not taken yet. */
  public Received take() {
    try {
      Received next = untaken.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("no request within " + PATIENCE_SECONDS + " s");
      }
      return next;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for a request");
    }
  }

  /** Every request so far, in the order their bodies were complete. */
  public List<Received> requests() {
    synchronized (requests) {
      return List.copyOf(requests);
    }
  }

  /** The last question that came: what looks after connections meanwhile asks by GET. */
  public Received lastPost() {
    return requests().reversed().stream()
        .filter(request -> request.method().equals("POST"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("nothing was posted to the upstream"));
  }

  /** How many connections were accepted so far. */
  public int connections() {
    synchronized (counts) {
      return accepted;
    }
  }

  /** Waits until this many connections have been accepted. */
  public void awaitConnections(int count) {
    awaitCount(() -> accepted >= count, count + " connections were not accepted");
  }

  /** Waits until this many connections have ended, by whichever side. */
  public void awaitEnded(int count) {
    awaitCount(() -> ended >= count, count + " connections did not end");
  }

  /** Waits until this many connections wait for a request, after one at least. */
  public void awaitIdle(int count) {
    awaitCount(() -> idle == count, "not " + count + " connections are idle");
  }

  /** Closes (FIN) the connections that wait for their next request, as a keep-alive limit does. */
  public void closeIdle() {
    open.forEach(FaultConnection::closeIfIdle);
  }

  /** Sends these characters on connections that wait for their next request: nobody asked. */
  public void sendToIdle(String latin1) {
    open.forEach(connection -> connection.sendIfIdle(latin1));
  }

  /** Stops listening: from now on connects are refused. Connections stay. */
  public void refuse() {
    try {
      listener.close();
      acceptor.join(); // the port listens until the last accept has returned
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops listening and closes every connection. */
  @Override
  public void close() {
    refuse();
    open.forEach(FaultConnection::close);
  }

  private void acceptAll() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        int number;
        synchronized (counts) {
          number = ++accepted;
          counts.notifyAll();
        }
        serve(new FaultConnection(this, socket, number));
      } catch (IOException e) {
        if (!listener.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void serve(FaultConnection connection) {
    open.add(connection);
    Reply greeting = greetings.poll();
    Runnable work =
        () -> {
          connection.run(Optional.ofNullable(greeting), tls);
          open.remove(connection);
          count(() -> ended++);
        };
    Thread.ofVirtual().name("fault-connection").start(work);
  }

  /** The reply to a request; records it. */
  Reply replyTo(Received request) {
    synchronized (requests) {
      requests.add(request);
    }
    untaken.add(request);
    Reply scripted = replies.poll();
    return scripted == null ? otherwise.apply(request) : scripted;
  }

  void idleChanged(int by) {
    count(() -> idle += by);
  }

  private void count(Runnable change) {
    synchronized (counts) {
      change.run();
      counts.notifyAll();
    }
  }

  private void awaitCount(BooleanSupplier reached, String otherwiseSay) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    synchronized (counts) {
      while (!reached.getAsBoolean()) {
        long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
        if (left <= 0) {
          throw new AssertionError(
              otherwiseSay + ": " + accepted + " accepted, " + idle + " idle, " + ended + " ended");
        }
        try {
          counts.wait(left);
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
          throw new AssertionError("interrupted: " + otherwiseSay);
        }
      }
    }
  }
}

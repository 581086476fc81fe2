package llm.server.api.monitor;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import llm.core.telemetry.Level;
import llm.core.telemetry.Metrics;
import llm.domain.call.Registration;
import llm.domain.port.TimeSource;
import llm.server.ws.CloseStatus;
import llm.server.ws.Outbox;
import llm.server.ws.OutgoingMessage;
import llm.server.ws.WebSocket;

/**
 * Hands messages to listeners. A message is encoded once, whoever listens; publishing never waits
 * for a listener. One whose queue is full is dropped with 1008 "too slow", so that nobody is left
 * with a hole that he does not know of. What is listened to is opened with the first listener and
 * closed with the last. Thread-safe.
 */
final class MonitorHub {
  private static final CloseStatus TOO_SLOW =
      new CloseStatus(CloseStatus.POLICY_VIOLATION, "too slow");
  private static final long QUEUE_BYTES = 4L << 20;

  private final MonitorSettings settings;
  private final TimeSource time;
  private final Sources sources;
  private final Metrics.Counter dropped;

  private final Object lock = new Object();
  private final Set<Listener> listeners = new LinkedHashSet<>(); // guarded by lock
  private Registration opened = () -> {}; // guarded by lock: what the sources gave
  private long sequence; // guarded by lock: of the last message

  /** Opens what is listened to. */
  @FunctionalInterface
  interface Sources {
    /** Begins to publish to {@code hub}; must not block, and closing it must not either. */
    Registration open(MonitorHub hub);
  }

  MonitorHub(MonitorSettings settings, TimeSource time, Metrics metrics, Sources sources) {
    this.settings = settings;
    this.time = time;
    this.sources = sources;
    this.dropped =
        metrics.counter(
            "gateway_monitor_dropped_total", "Listeners of the monitor dropped as too slow.");
    metrics.gauge("gateway_monitor_listeners", "Listeners of the monitor.", this::size);
  }

  int size() {
    synchronized (lock) {
      return listeners.size();
    }
  }

  boolean isFull() {
    return size() >= settings.maxListeners();
  }

  /**
   * Lets a listener in; {@code greeting} is the first it gets.
   *
   * @return null when there is no place
   */
  Listener join(WebSocket socket, Filter filter, byte[] greeting) {
    synchronized (lock) {
      if (listeners.size() >= settings.maxListeners()) {
        return null;
      }
      if (listeners.isEmpty()) {
        opened = sources.open(this); // first: who is greeted misses nothing from then on
      }
      var limits = new Outbox.Limits(settings.queueMessages(), QUEUE_BYTES);
      var listener = new Listener(socket, Outbox.open(socket, limits), filter);
      listener.outbox().offer(next("hello", greeting, 0, greeting.length));
      listeners.add(listener);
      return listener;
    }
  }

  /**
   * Lets a listener go; idempotent.
   *
   * @return whether it was there
   */
  boolean leave(Listener listener) {
    boolean left;
    synchronized (lock) {
      left = listeners.remove(listener);
      if (left && listeners.isEmpty()) {
        opened.close();
      }
    }
    listener.outbox().close();
    return left;
  }

  /** Sends a message to one listener. */
  void tell(Listener listener, String type, byte[] data) {
    boolean room;
    synchronized (lock) {
      room = listener.outbox().offer(next(type, data, 0, data.length));
    }
    if (!room) {
      drop(listener);
    }
  }

  /** Sends a message to everybody who wants it. */
  void publish(Topic topic, Level level, byte[] data, int from, int length) {
    List<Listener> slow = new ArrayList<>(0);
    synchronized (lock) {
      OutgoingMessage message = null; // made for the first who wants it
      for (Listener listener : listeners) {
        if (listener.filter().wants(topic, level)) {
          message = message == null ? next(topic.word(), data, from, length) : message;
          if (!listener.outbox().offer(message)) {
            slow.add(listener);
          }
        }
      }
    }
    slow.forEach(this::drop);
  }

  /** The caller holds the lock. */
  private OutgoingMessage next(String type, byte[] data, int from, int length) {
    return Envelope.of(type, time.now(), ++sequence, data, from, length);
  }

  /** On a thread of its own: the close frame may have to wait behind a write that stalls. */
  private void drop(Listener listener) {
    if (leave(listener) && listener.socket().isOpen()) { // else it has gone by itself
      dropped.increment();
      Thread.startVirtualThread(() -> listener.socket().close(TOO_SLOW));
    }
  }
}

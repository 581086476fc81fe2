package llm.providers.replay;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.domain.port.TimeSource;
import llm.providers.replay.Recorded.How;
import llm.providers.transport.UpstreamRequest;

/**
 * Records one upstream's exchanges. What passes is copied on the request's thread; masking, JSON
 * and the file are the work of one thread of its own. Exchanges in progress and those that wait to
 * be written share {@link #ROOM_BYTES}; one that finds none is marked incomplete, one that finds no
 * place in the queue is dropped. Both are counted and told in the log. Thread-safe.
 */
final class Recorder implements AutoCloseable {
  /** The most that is held in memory. */
  static final long ROOM_BYTES = 64L << 20;

  /** Exchanges that wait to be written. */
  static final int MOST_WAITING = 4_096;

  /** Paths whose last answer is known, so that the same is not written again and again. */
  private static final int MOST_PATHS = 64;

  private static final long PATIENCE_MILLIS = 5_000;

  private final String provider;
  private final boolean bodies;
  private final Mask mask;
  private final TimeSource time;
  private final Log log;
  private final Metrics.Counter exchanges;
  private final RecordingFile file;
  private final RecordedWriter writer = new RecordedWriter();
  private final BlockingQueue<Optional<Tape>> queue = new ArrayBlockingQueue<>(MOST_WAITING + 1);
  private final AtomicLong room = new AtomicLong(ROOM_BYTES);
  private final AtomicLong open = new AtomicLong();
  private final AtomicLong untold = new AtomicLong(); // dropped, not said in the log
  private final Map<String, String> lastAnswers = new LinkedHashMap<>(); // of the thread
  private final Thread thread;
  private volatile int mostLineBytes = RecordingScan.MOST_LINE_BYTES;
  private volatile boolean closing;

  /** What became of an exchange. */
  private enum Fate {
    WRITTEN,
    INCOMPLETE,
    /** A question without a body that was answered as the last time. */
    REPEATED,
    DROPPED,
    FAILED
  }

  /** Starts the thread; the file is opened by the first exchange. */
  Recorder(String provider, TrafficSettings settings, Telemetry telemetry, TimeSource time) {
    TrafficSettings.Recording recording = settings.recording().orElseThrow();
    this.provider = provider;
    this.bodies = recording.bodies();
    this.mask = new Mask(settings.secrets());
    this.time = time;
    this.log = telemetry.log("llm.record");
    this.exchanges =
        telemetry
            .metrics()
            .counter(
                "llm_recorded_exchanges_total",
                "Exchanges with upstreams that were to be recorded.",
                "provider",
                "result");
    this.file = new RecordingFile(recording.file(), recording.maxBytes());
    this.thread = Thread.ofPlatform().daemon().name("llm-record-" + provider).unstarted(this::run);
    thread.start();
    log.info("recording").put("provider", provider).put("file", file.toString()).emit();
  }

  /** Begins to record an exchange. */
  Tape begin(UpstreamRequest request, Call call) {
    open.incrementAndGet();
    return new Tape(this, request, call);
  }

  TimeSource time() {
    return time;
  }

  boolean keepsBodies() {
    return bodies;
  }

  /** Writes no longer lines, for tests. */
  void limitLines(int mostBytes) {
    mostLineBytes = mostBytes;
  }

  /** Takes so much of the room; false where it is not there. */
  boolean reserve(long bytes) {
    if (room.addAndGet(-bytes) >= 0) {
      return true;
    }
    room.addAndGet(bytes);
    return false;
  }

  /** Gives so much of it back. */
  void release(long bytes) {
    room.addAndGet(bytes);
  }

  /** Takes what has ended, to be written. */
  void take(Tape tape) {
    boolean taken = !closed() && queue.size() < MOST_WAITING && queue.offer(Optional.of(tape));
    if (!taken) {
      forget(tape, Fate.DROPPED);
    }
    if (open.decrementAndGet() == 0 && closing) {
      queue.offer(
          Optional.empty()); // the thread waits for this one alone; a full queue wakes it too
    }
  }

  /** Writes what has ended, and waits a little for what is about to. */
  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    try {
      queue.put(Optional.empty());
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean closed() {
    return closing && !thread.isAlive();
  }

  private void run() {
    try (file) {
      boolean ending = false;
      while (!ending || open.get() > 0 || !queue.isEmpty()) {
        Optional<Tape> next =
            ending ? queue.poll(PATIENCE_MILLIS / 5, TimeUnit.MILLISECONDS) : queue.take();
        if (next == null) {
          return; // an exchange that nobody ends
        }
        ending |= next.isEmpty();
        next.ifPresent(this::write);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whatever goes wrong costs this exchange alone. */
  private void write(Tape tape) {
    Fate fate = Fate.FAILED;
    try {
      fate = written(tape.toRecorded(provider, mask));
    } catch (RuntimeException bug) {
      log.error("recording_broken").put("provider", provider).cause(bug).emit();
    }
    forget(tape, fate);
    file.news()
        .ifPresent(news ->
            log.warn(news.event())
                .put("provider", provider)
                .put("file", file.toString())
                .put("reason", news.reason())
                .emit());
    tellDropped();
  }

  private Fate written(Recorded exchange) {
    if (isKnown(exchange)) {
      return Fate.REPEATED;
    }
    byte[] line = writer.line(exchange);
    boolean tooLong = line.length > mostLineBytes;
    return switch (file.append(tooLong ? writer.line(exchange.withoutBodies(tooLong())) : line)) {
      case WRITTEN -> {
        remember(exchange);
        boolean lacks = tooLong || exchange.end().how() == How.INCOMPLETE;
        yield lacks ? Fate.INCOMPLETE : Fate.WRITTEN;
      }
      case FULL -> Fate.DROPPED;
      case FAILED -> Fate.FAILED;
    };
  }

  private String tooLong() {
    return "its line would have more than " + mostLineBytes + " bytes";
  }

  private void tellDropped() {
    long count = untold.getAndSet(0);
    if (count > 0) {
      log.warn("recording_dropped").put("provider", provider).put("count", count).emit();
    }
  }

  private void forget(Tape tape, Fate fate) {
    release(tape.held());
    exchanges.labels(provider, fate.name().toLowerCase(Locale.ROOT)).increment();
    if (fate == Fate.DROPPED) {
      untold.incrementAndGet();
    }
  }

  /**
   * Whether it is a question without a body, such as a ping, that was answered so the last time.
   */
  private boolean isKnown(Recorded exchange) {
    return isBare(exchange) && answer(exchange).equals(lastAnswers.get(question(exchange)));
  }

  private void remember(Recorded exchange) {
    if (isBare(exchange)) {
      if (lastAnswers.size() >= MOST_PATHS) {
        lastAnswers.clear();
      }
      lastAnswers.put(question(exchange), answer(exchange));
    }
  }

  private static boolean isBare(Recorded exchange) {
    return exchange.request().body().size() == 0 && exchange.response().isPresent();
  }

  private static String question(Recorded exchange) {
    return exchange.request().method() + " " + exchange.request().path();
  }

  private static String answer(Recorded exchange) {
    return exchange.end().how() + " " + Fingerprint.ofAnswer(exchange.response().orElseThrow());
  }
}

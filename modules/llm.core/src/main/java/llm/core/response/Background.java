package llm.core.response;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.core.dialect.responses.Answer;
import llm.core.gateway.Gateway;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.Span;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/**
 * The answers that are made in the background, at most so many at once, and the events of as many
 * that ended last, as long as these are not too long together. Thread-safe.
 */
final class Background implements AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(30);
  private static final Duration ASK_AGAIN = Duration.ofSeconds(5);
  private static final long MOST_ENDED_CHARS = 32L << 20; // of those whose events are held
  private static final long PATIENCE_MILLIS = 5_000; // for a run that was told to stop

  private static final String STOPPED =
      "The server stopped while it made this response; ask again.";

  private final ResponsesSettings settings;
  private final Gateway gateway;
  private final ResponseArchive archive;
  private final Shelf shelf;
  private final Alarms alarms;
  private final Log log;
  private final Map<String, BackgroundRun> runs = new LinkedHashMap<>(); // guarded by this
  private final Map<String, BackgroundRun> ended = new LinkedHashMap<>(); // guarded by this
  private long endedChars; // of those that ended; guarded by this
  private int starting; // guarded by this
  private boolean closed; // guarded by this

  Background(
      ResponsesSettings settings,
      Gateway gateway,
      ResponseArchive archive,
      Shelf shelf,
      Alarms alarms,
      Log log) {
    this.settings = settings;
    this.gateway = gateway;
    this.archive = archive;
    this.shelf = shelf;
    this.alarms = alarms;
    this.log = log;
  }

  /** How many are being made. */
  synchronized int running() {
    return runs.size();
  }

  /** Refuses one more where there is no place for it. */
  synchronized void requireRoom() throws LlmException {
    if (settings.background() == 0) {
      throw new LlmException(
          new LlmError.Unsupported(
              "background",
              "This server makes no responses in the background (responses.background)."));
    }
    if (closed) {
      throw new LlmException(new LlmError.ShuttingDown(ASK_AGAIN));
    }
    if (runs.size() + starting >= settings.background()) {
      throw new LlmException(
          new LlmError.Overloaded("background responses", settings.background(), ASK_AGAIN));
    }
  }

  /**
   * Begins one.
   *
   * @throws LlmException when there is no place, or the store does not take it
   */
  BackgroundRun start(StoredResponse.Request request, ChatRequest chat, Call call)
      throws LlmException {
    synchronized (this) {
      requireRoom();
      starting++;
    }
    LogPoint begun;
    boolean kept = false;
    try {
      begun = archive.begin(request);
      kept = true;
    } catch (StoreException failure) {
      throw ResponseArchive.unavailable(failure);
    } finally {
      if (!kept) {
        place(-1);
      }
    }
    shelf.added();
    Span span = call.span().begin("background response", Span.Kind.INTERNAL);
    var scope =
        CallScope.open(
            call.id(),
            call.principal(),
            span,
            settings.backgroundLimit(),
            alarms,
            failure -> log.error("cancel_hook_failed").cause(failure).emit());
    call.endpoint().ifPresent(scope::by);
    var run = new BackgroundRun(request, scope);
    var life = new Life(request, begun);
    synchronized (this) {
      starting--;
      runs.put(request.id(), run);
      if (closed) {
        scope.cancel(CancelReason.SHUTDOWN);
      }
    }
    life.schedule();
    Thread.ofVirtual()
        .name("response-" + request.id())
        .start(() -> {
          try {
            run.run(chat, gateway, life::end);
          } finally {
            span.end();
            over(request.id(), run);
          }
        });
    return run;
  }

  private synchronized void place(int change) {
    starting += change;
  }

  private synchronized void over(String id, BackgroundRun run) {
    if (runs.remove(id) == null) {
      return;
    }
    ended.put(id, run);
    endedChars += run.chars();
    var oldest = ended.values().iterator();
    while (ended.size() > settings.background() || endedChars > MOST_ENDED_CHARS) {
      endedChars -= oldest.next().chars();
      oldest.remove();
    }
  }

  /** One that is being made here. */
  synchronized Optional<BackgroundRun> live(String id) {
    return Optional.ofNullable(runs.get(id));
  }

  /** One whose events are here. */
  synchronized Optional<BackgroundRun> known(String id) {
    return live(id).or(() -> Optional.ofNullable(ended.get(id)));
  }

  /** Stops one if it is made here, and waits a while for its end. */
  void cancel(String id) {
    live(id).ifPresent(run -> run.stop(CancelReason.USER, PATIENCE_MILLIS));
  }

  /** Its events are not told any more. */
  synchronized void forget(String id) {
    BackgroundRun gone = ended.remove(id);
    endedChars -= gone == null ? 0 : gone.chars();
  }

  /** One whose end is not kept: another server makes it, nobody does, or the store was away. */
  JsonText unfinished(StoredResponse found) {
    Optional<BackgroundRun> here = known(found.request().id());
    if (here.isEmpty() && !archive.isDead(found)) {
      return json(found.request().answer());
    }
    JsonText answer =
        here.map(BackgroundRun::json) // its end could not be kept
            .orElseGet(() -> failed(found.request(), STOPPED));
    if (here.isEmpty() || here.get().isOver()) {
      try {
        archive.end(found.request().id(), found.end(), answer);
      } catch (StoreException failure) {
        logNotKept(found.request().id(), failure); // whoever asks next is told the same
      }
    }
    return answer;
  }

  private static JsonText failed(StoredResponse.Request request, String message) {
    Answer answer = request.answer();
    answer.add(new StreamEvent.Failed(new LlmError.ProviderFailed("server", message), Usage.NONE));
    return json(answer);
  }

  private static JsonText json(Answer answer) {
    return new JsonText(new String(answer.json(true), UTF_8));
  }

  private void logNotKept(String id, StoreException failure) {
    log.warn("response_not_kept").put("response", id).put("message", failure.getMessage()).emit();
  }

  @Override
  public void close() {
    List<BackgroundRun> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(runs.values());
    }
    left.forEach(run -> run.stop(CancelReason.SHUTDOWN, 0));
    long until = System.nanoTime() + Duration.ofMillis(PATIENCE_MILLIS).toNanos();
    for (BackgroundRun run : left) {
      long millis = Duration.ofNanos(until - System.nanoTime()).toMillis();
      run.stop(CancelReason.SHUTDOWN, Math.max(0, millis));
    }
  }

  /** What is written of one run, one after the other. */
  private final class Life {
    private final StoredResponse.Request request;
    private final String id;
    private LogPoint at; // guarded by this
    private boolean over; // guarded by this

    private Life(StoredResponse.Request request, LogPoint at) {
      this.request = request;
      this.id = request.id();
      this.at = at;
    }

    /** Only where another server may look after it. */
    private void schedule() {
      if (archive.isShared()) {
        alarms.at(
            alarms.time().nanoTime() + BEAT.toNanos(), () -> Thread.startVirtualThread(this::beat));
      }
    }

    private synchronized void beat() {
      if (over) {
        return;
      }
      try {
        at = archive.beat(id, at);
      } catch (StoreException failure) {
        if (failure.reason() == StoreException.Reason.CONFLICT) {
          return; // removed, or given up for dead
        }
      }
      schedule();
    }

    private synchronized void end(JsonText response) {
      over = true;
      try {
        archive.end(id, at, response);
      } catch (StoreException failure) {
        logNotKept(id, failure);
        if (failure.reason() == StoreException.Reason.TOO_LARGE
            || failure.reason() == StoreException.Reason.FULL) {
          keepWhy(failure.getMessage());
        }
      }
    }

    /** Else it would seem as if the server had stopped in between. */
    private void keepWhy(String message) {
      try {
        archive.end(id, at, failed(request, "The answer is not kept: " + message));
      } catch (StoreException failure) {
        logNotKept(id, failure);
      }
    }
  }
}

package llm.core.response;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import llm.core.concurrent.CallScope;
import llm.core.dialect.responses.Answer;
import llm.core.gateway.Gateway;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * An answer that is made while nobody need wait for it, and all its events, so that any number may
 * watch it from the beginning. It is kept before its end is told. Thread-safe; one thread runs it.
 */
final class BackgroundRun {
  /** The longest answer whose events are held, reasoning and arguments included. */
  static final int MOST_CHARS = 8 << 20;

  private final StoredResponse.Request request;
  private final CallScope call;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final CountDownLatch over = new CountDownLatch(1);
  private final List<StreamEvent> events = new ArrayList<>(); // guarded by lock
  private final Answer answer; // guarded by lock
  private volatile long chars; // written by the running thread alone

  /** Keeps the response object of a run that is over. */
  @FunctionalInterface
  interface Keeper {
    /** Blocks as long as the store does; what it cannot keep it logs. */
    void keep(JsonText response);
  }

  /** A run that has not begun; it ends {@code call}. */
  BackgroundRun(StoredResponse.Request request, CallScope call) {
    this.request = request;
    this.call = call;
    this.answer = request.answer();
  }

  StoredResponse.Request request() {
    return request;
  }

  /** How much it holds; asked when it is over. */
  long chars() {
    return chars + request.input().stream().mapToLong(item -> item.value().length()).sum();
  }

  /** Makes the answer; returns when it is over and kept. */
  void run(ChatRequest chat, Gateway gateway, Keeper keeper) {
    try (call) {
      StreamEvent.Terminal end = pump(chat, gateway);
      lock.lock();
      try {
        answer.add(end);
      } finally {
        lock.unlock();
      }
      keeper.keep(json());
      publish(end);
    } finally {
      publishEndIfMissing();
      over.countDown();
    }
  }

  /** A bug of ours must not keep those waiting who watch. */
  private void publishEndIfMissing() {
    lock.lock();
    try {
      if (events.isEmpty() || !(events.getLast() instanceof StreamEvent.Terminal)) {
        publish(failed(new LlmError.Internal()));
      }
    } finally {
      lock.unlock();
    }
  }

  private StreamEvent.Terminal pump(ChatRequest chat, Gateway gateway) {
    try (EventStream<StreamEvent> stream = gateway.stream(chat, call)) {
      StreamEvent event = stream.next();
      while (!(event instanceof StreamEvent.Terminal terminal)) {
        if (!take(event)) {
          call.cancel(CancelReason.CLOSED);
          String message = "The answer is longer than " + MOST_CHARS + " characters.";
          return failed(new LlmError.ProviderFailed(request.model(), message));
        }
        event = stream.next();
      }
      return terminal;
    } catch (LlmException refused) {
      return failed(refused.error());
    } catch (RuntimeException bug) {
      call.cancel(CancelReason.CLOSED);
      return failed(new LlmError.Internal());
    }
  }

  private static StreamEvent.Failed failed(LlmError error) {
    return new StreamEvent.Failed(error, Usage.NONE);
  }

  private boolean take(StreamEvent event) {
    chars =
        chars
            + switch (event) {
              case StreamEvent.TextDelta delta -> 1 + delta.text().length();
              case StreamEvent.ReasoningDelta delta -> 1 + delta.text().length();
              case StreamEvent.ToolArgumentsDelta delta -> 1 + delta.json().length();
              case StreamEvent.ReasoningSigned signed -> signed.signature().length();
              case StreamEvent.ReasoningHidden hidden -> hidden.data().length();
              case StreamEvent.Aside aside -> 1 + aside.json().value().length();
              case StreamEvent.RefusalStarted _ -> 1;
              case StreamEvent.Started _, StreamEvent.ToolCallStarted _, StreamEvent.Terminal _ ->
                  1;
            };
    if (chars > MOST_CHARS) {
      return false;
    }
    lock.lock();
    try {
      answer.add(event);
    } finally {
      lock.unlock();
    }
    publish(event);
    return true;
  }

  private void publish(StreamEvent event) {
    lock.lock();
    try {
      if (events.isEmpty() && !(event instanceof StreamEvent.Started)) {
        events.add(new StreamEvent.Started(request.model())); // a refusal is the answer's, too
      }
      events.add(event);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The response object as it is now. */
  JsonText json() {
    lock.lock();
    try {
      return new JsonText(new String(answer.json(true), UTF_8));
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is over, and its end was kept. */
  boolean isOver() {
    return over.getCount() == 0;
  }

  /** Stops it, and waits a while for its end. */
  void stop(CancelReason reason, long millis) {
    call.cancel(reason);
    try {
      over.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** All its events, from the first one on; {@code watcher} ends the watching, not the run. */
  Watch watch(Call watcher) {
    return new Watch(watcher);
  }

  /** One who watches. */
  final class Watch implements EventStream<StreamEvent> {
    private final Call watcher;
    private final Registration hook;
    private int next; // the consumer's
    private volatile boolean left;

    private Watch(Call watcher) {
      this.watcher = watcher;
      this.hook = watcher.onCancel(this::wake);
    }

    @Override
    public StreamEvent next() {
      lock.lock();
      try {
        while (next >= events.size()) {
          Optional<CancelReason> why = watcher.cancelled();
          if (why.isPresent()) {
            left = true;
            return StreamEvent.Terminal.of(
                why.get(),
                "Watching response '" + request.id() + "'",
                watcher.deadline().budget(),
                Usage.NONE);
          }
          changed.await();
        }
        return events.get(next++);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        left = true;
        return new StreamEvent.Cancelled(CancelReason.CLOSED, Usage.NONE);
      } finally {
        lock.unlock();
      }
    }

    /** Whether the end it gave is the watcher's, and the run goes on. */
    boolean hasLeft() {
      return left;
    }

    @Override
    public boolean hasReady() {
      lock.lock();
      try {
        return next < events.size();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      hook.close();
    }

    private void wake() {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}

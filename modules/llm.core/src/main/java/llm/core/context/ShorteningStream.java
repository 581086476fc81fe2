package llm.core.context;

import java.util.Optional;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * A model's answer to a prompt that its provider may find too long: then it is asked again with
 * less, as long as nothing was heard of an answer. A provider says so when it is asked, or as the
 * first thing in its stream; whoever reads sees one answer. Threads as {@link EventStream} says.
 */
public final class ShorteningStream implements EventStream<StreamEvent> {
  private static final int MOST = 4; // times that it is asked again

  private final DualContext context;
  private final Model model;
  private final Object lock = new Object();
  private EventStream<StreamEvent> inner; // guarded by lock, as all below
  private Plan plan;
  private boolean closed;

  // of the consumer alone
  private int shortenings;
  private boolean started;
  private boolean settled; // what comes is the answer, or its end

  /** Whoever is asked. */
  public interface Model {
    /** Asks for an answer to {@code plan}; blocks until the provider has accepted. */
    EventStream<StreamEvent> ask(Plan plan) throws LlmException;
  }

  /**
   * Asks; blocks until the provider has accepted.
   *
   * @throws LlmException when it refuses
   */
  public ShorteningStream(DualContext context, Plan plan, Model model) throws LlmException {
    this.context = context;
    this.model = model;
    this.plan = plan;
    this.inner = ask();
  }

  /** What was asked last. */
  public Plan plan() {
    synchronized (lock) {
      return plan;
    }
  }

  @Override
  public StreamEvent next() throws LlmException {
    while (true) {
      StreamEvent event = current().next();
      if (!settled && event instanceof StreamEvent.Failed(LlmError error, var _)) {
        if (isShorter(error)) {
          askAgain();
          continue;
        }
      }
      if (event instanceof StreamEvent.Started) {
        if (started) {
          continue; // of one that was asked again
        }
        started = true;
      } else {
        settled = true;
      }
      return event;
    }
  }

  /** Until it is known whether this is the answer, the next event may be another stream's. */
  @Override
  public boolean hasReady() {
    return settled && current().hasReady();
  }

  @Override
  public void close() {
    EventStream<StreamEvent> last;
    synchronized (lock) {
      closed = true;
      last = inner;
    }
    last.close();
  }

  private EventStream<StreamEvent> current() {
    synchronized (lock) {
      return inner;
    }
  }

  private EventStream<StreamEvent> ask() throws LlmException {
    while (true) {
      try {
        return model.ask(plan());
      } catch (LlmException refused) {
        if (!isShorter(refused.error())) {
          throw refused;
        }
      }
    }
  }

  /** In place of the stream that has just ended. */
  private void askAgain() throws LlmException {
    EventStream<StreamEvent> old = current();
    old.close();
    EventStream<StreamEvent> again = ask();
    boolean late;
    synchronized (lock) {
      inner = again;
      late = closed;
    }
    if (late) {
      again.close();
    }
  }

  /** Whether there is a shorter plan, where {@code error} wants one. */
  private boolean isShorter(LlmError error) {
    if (!(error instanceof LlmError.ContextLengthExceeded(var _, int real, int window))
        || shortenings == MOST) {
      return false;
    }
    shortenings++;
    Optional<Plan> less = context.shorter(plan(), real, window);
    synchronized (lock) {
      plan = less.orElse(plan);
    }
    return less.isPresent();
  }
}

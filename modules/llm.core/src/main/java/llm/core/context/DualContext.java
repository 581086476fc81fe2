package llm.core.context;

import java.util.List;
import java.util.Optional;
import llm.core.context.Stage.Idle;
import llm.core.context.Stage.Made;
import llm.core.context.Stage.Ready;
import llm.core.context.Stage.Warming;
import llm.core.context.SummaryQuestions.Part;
import llm.domain.call.Registration;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.port.TimeSource;
import llm.domain.port.TokenCounter;

/**
 * The context a conversation runs in, and the one it goes on in before the first is full (C-5).
 *
 * <pre>
 * IDLE --- warm-up ratio reached ---> WARMING --- summary made, prefix read ---> READY
 *   ^                                   |                                         |
 *   +------- failed: later again -------+                                         |
 *   +------- cancelled -----------------+-----------------------------------------+
 *   +------- a turn begins over the handover ratio: the conversation goes on in it +
 * </pre>
 *
 * <p>No turn waits for a warm-up: one that is not ready in time costs that turn its oldest messages
 * ({@link Plan#leftOut}), which stay in the context and are part of the next summary. Messages that
 * arrive meanwhile are told word by word after the handover. Thread-safe; turns come one at a time.
 */
public final class DualContext {
  private final ContextPrompts prompts;
  private final TokenCounter counter;
  private final WarmUp warmUp;
  private final Retry retry; // guarded by lock
  private final SummaryQuestions questions;
  private final TimeSource time;
  private final DualEvents events;
  private final Object lock = new Object();

  private Window window; // guarded by lock, as all below; the provider's may be smaller than known
  private Context active;
  private Ledger ledger;
  private Stage stage = new Idle();
  private boolean open; // the newest message is a turn's that runs
  private long number; // of the latest warm-up
  private boolean closed;

  /** One that begins with {@code summary} and {@code ledger}, both empty for a new conversation. */
  public DualContext(
      Window window,
      ContextPrompts prompts,
      TokenCounter counter,
      String summary,
      Ledger ledger,
      WarmUp warmUp,
      TimeSource time,
      DualEvents events) {
    this.window = window;
    this.prompts = prompts;
    this.counter = counter;
    this.warmUp = warmUp;
    this.questions = new SummaryQuestions(window, prompts);
    this.time = time;
    this.events = events;
    this.ledger = ledger;
    this.active = new Context(prompts.first(summary, ledger), counter);
    this.retry = new Retry(time);
  }

  /**
   * Goes on where a talk was left.
   *
   * @param messages what was told word by word
   */
  public void restore(List<Message> messages) {
    synchronized (lock) {
      messages.forEach(active::add);
    }
  }

  /**
   * Counts as the provider did of a prompt that this conversation sent before.
   *
   * @param first the summary and ledger that it began with
   * @param real the provider's count
   */
  public void calibrate(Message first, List<Message> messages, int real) {
    synchronized (lock) {
      active.calibrate(real, active.uncorrectedTokens(first, messages));
    }
  }

  /** Adds a message that the model was told or has said. */
  public void add(Message message) {
    synchronized (lock) {
      active.add(message);
      open = false;
      events.messageAdded(ratioNow());
    }
  }

  /**
   * Begins a turn: goes on in the next context where that is due and ready, and says what to ask.
   *
   * @param message the user's, which is then part of the context
   * @return the prompt and, where there was one, the change of context
   * @throws TooLong when the message alone has no room; the context is as it was
   */
  public TurnStart begin(Message message) throws TooLong {
    synchronized (lock) {
      Optional<Handover> handover = handOver(message);
      if (handover.isEmpty()) {
        addAsLast(message);
      }
      open = true;
      events.messageAdded(ratioNow());
      return new TurnStart(plan(active.firstToSend(window)), handover);
    }
  }

  /**
   * The model's provider has found the prompt of {@code plan} too long: asks again with less. A
   * window that is smaller than was known is heeded from then on.
   *
   * @param real its count, 0 where it does not say
   * @param tokens what its window holds, 0 where it does not say
   * @return empty when there is nothing more to leave out
   */
  public Optional<Plan> shorter(Plan plan, int real, int tokens) {
    synchronized (lock) {
      if (tokens > 0 && tokens < window.tokens()) {
        window = window.of(tokens);
        questions.heed(window);
      }
      if (real > 0) {
        active.calibrate(real, plan.uncorrected());
      }
      int from = active.firstThatFits(window.promptTokens());
      if (from <= plan.leftOut()) { // our count says that it fits
        from = active.firstThatFits(active.correctedTokens(plan.leftOut()) * 3 / 4);
      }
      return from < active.size() ? Optional.of(plan(from)) : Optional.empty();
    }
  }

  /**
   * The newest message is told no more: a turn ended without an answer, or one that was interrupted
   * is tried again. A next context that tells of it is given up.
   */
  public void takeBack() {
    Registration work = () -> {};
    synchronized (lock) {
      active.removeLast();
      open = false;
      if (stage instanceof Stage.Begun begun && begun.reach() > active.size()) {
        work = begun.work();
        stage = new Idle();
        events.warmupCancelled(begun instanceof Ready ? "ready_taken_back" : "taken_back");
      }
    }
    work.close();
  }

  /** The provider's count of a plan's prompt. */
  public void calibrate(Plan plan, int real) {
    synchronized (lock) {
      active.calibrate(real, plan.uncorrected());
    }
  }

  /**
   * Starts a warm-up where it is due, and again as an urgent one where half of the time for it is
   * over. Between turns, so that it finds all of the last one read. One that is done follows the
   * talk.
   */
  public void turnEnded() {
    Registration overtaken = () -> {};
    synchronized (lock) {
      if (stage instanceof Ready ready) {
        warmUp.grown(() -> beginning(next(ready.made().cut(), ready.made().summary())));
      }
      double ratio = ratioNow();
      boolean urgent = ratio >= window.urgentRatio() && warmUp.isFasterWhenUrgent();
      if (stage instanceof Idle && !closed && retry.isDue() && ratio >= window.warmupRatio()) {
        if (startWarmUp(time.nanoTime(), urgent)) {
          events.warmupStart(ratio);
        }
      } else if (stage instanceof Warming warming && urgent && !warming.urgent()) {
        overtaken = warming.work();
        if (!startWarmUp(warming.since(), true)) {
          events.warmupCancelled("nothing_to_ask");
        }
      }
    }
    overtaken.close();
  }

  /**
   * The summary was made.
   *
   * @return what the next context begins with now; empty when the warm-up is no longer wanted
   */
  public Optional<List<Message>> summarized(long which, Summary summary) {
    synchronized (lock) {
      if (which != number || !(stage instanceof Warming warming)) {
        return Optional.empty();
      }
      Summary made = questions.fitted(summary, active);
      int cut = active.turnStart(Math.min(warming.part().cut(), made.covered()));
      stage = warming.with(new Made(cut, made));
      return Optional.of(beginning(next(cut, made)));
    }
  }

  /**
   * The model's provider has found the question too long: asks about less.
   *
   * @param over how many tokens it was too long
   * @return the question; empty when nothing is left to ask about, or the warm-up is no longer
   *     wanted
   */
  public Optional<List<Message>> tooLong(long which, int over) {
    synchronized (lock) {
      if (which != number || !(stage instanceof Warming warming)) {
        return Optional.empty();
      }
      Optional<Part> less = questions.shorter(active, ended(active), warming.part().told(), over);
      less.ifPresent(part -> stage = warming.about(part));
      return less.map(Part::question);
    }
  }

  /** The next context may be used. */
  public void ready(long which) {
    synchronized (lock) {
      if (which == number && stage instanceof Warming warming && warming.made().isPresent()) {
        long now = time.nanoTime();
        stage = new Ready(warming.made().get(), warming.reach(), now, warming.work());
        retry.succeeded();
        events.warmupReady(now - warming.since());
      }
    }
  }

  /** The summary was not made; it is tried again after a while. */
  public void failed(long which, LlmError error) {
    synchronized (lock) {
      if (which == number && stage instanceof Warming) {
        stage = new Idle();
        retry.failed();
        events.warmupFailed(error);
      }
    }
  }

  /** Ends a warm-up; none begins any more. */
  public void close(String reason) {
    Registration work = () -> {};
    synchronized (lock) {
      closed = true;
      if (stage instanceof Stage.Begun begun) {
        work = begun.work();
        stage = new Idle();
        events.warmupCancelled(reason);
      }
    }
    work.close();
  }

  /** The share of the room for prompts that is taken, over 1 when it is too much. */
  public double ratio() {
    synchronized (lock) {
      return ratioNow();
    }
  }

  /** What must not be forgotten. */
  public Ledger ledger() {
    synchronized (lock) {
      return ledger;
    }
  }

  /** Adds to the ledger; it is told from the next context on. */
  public void note(List<Ledger.Entry> entries) {
    synchronized (lock) {
      ledger = ledger.with(entries, window.ledgerChars());
    }
  }

  /** Asks for a summary of what was said, as far as there is room; empty when nothing was. */
  public Optional<List<Message>> summaryQuestion() {
    synchronized (lock) {
      return questions.aboutAll(active, ended(active));
    }
  }

  /** Whether a warm-up is under way. */
  public boolean isWarming() {
    synchronized (lock) {
      return stage instanceof Warming;
    }
  }

  private double ratioNow() {
    return (double) active.promptTokens() / window.promptTokens();
  }

  private Plan plan(int from) {
    if (from > 0) {
      events.hardStop(from, active.promptTokens(), window.promptTokens());
    }
    List<Message> messages = active.prompt(from, active.size());
    long uncorrected = active.uncorrectedTokens(from);
    return new Plan(messages, from, active.correctedTokens(from), uncorrected);
  }

  /** How many messages of {@code context} belong to turns that have ended. */
  private int ended(Context context) {
    return context.size() - (open ? 1 : 0);
  }

  private boolean startWarmUp(long since, boolean urgent) {
    Optional<Part> part = questions.about(active, ended(active));
    if (part.isEmpty()) {
      stage = new Idle(); // nothing that a summary could stand for
      return false;
    }
    number++;
    // What it starts cannot answer before this returns: its answers take the lock.
    Registration work = warmUp.begin(number, part.get().question(), urgent);
    stage = new Warming(part.get(), urgent, since, work, Optional.empty());
    return true;
  }

  private void addAsLast(Message message) throws TooLong {
    active.add(message);
    if (active.firstThatFits(window.promptTokens()) == active.size()) {
      int tokens = active.tokensOf(message) + active.tokensOf(active.first());
      active.removeLast();
      throw new TooLong(tokens, window.promptTokens());
    }
  }

  /** Goes on in the next context where that is due, ready, and has room for {@code message}. */
  private Optional<Handover> handOver(Message message) {
    double before =
        (double) (active.promptTokens() + active.tokensOf(message)) / window.promptTokens();
    if (!(stage instanceof Ready(Made(int cut, Summary summary), int _, long since, Registration _))
        || before < window.handoverRatio()) {
      return Optional.empty();
    }
    Context next = next(cut, summary);
    next.add(message);
    if (next.firstThatFits(window.promptTokens()) == next.size()) {
      return Optional.empty();
    }
    int kept = active.size() - cut;
    ledger = ledger.with(summary.entries(), window.ledgerChars());
    active = next;
    stage = new Idle();
    long sinceReady = time.nanoTime() - since;
    events.handoverPerform(sinceReady, before, ratioNow());
    return Optional.of(new Handover(summary.text(), ledger, kept, sinceReady));
  }

  /** What the first turn in {@code next} begins with. */
  private List<Message> beginning(Context next) {
    return next.prompt(Math.min(next.size(), next.firstToSend(window)), next.size());
  }

  private Context next(int cut, Summary summary) {
    Ledger then = ledger.with(summary.entries(), window.ledgerChars());
    return new Context(prompts.first(summary.text(), then), counter, active, cut);
  }
}

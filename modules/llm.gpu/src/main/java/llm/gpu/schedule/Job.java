package llm.gpu.schedule;

import java.util.Optional;
import llm.core.concurrent.EventRing;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.gpu.adapter.AdapterSet;
import llm.gpu.grammar.Hold;

/** One request on its way through the engine. */
public final class Job {
  private final ChatRequest request;
  private final Call call;
  private final EventRing ring;
  private final long queuedNanos;
  private final Optional<Pin> pin;
  private final boolean onlyCounted;
  private final AdapterSet adapters;
  private final Optional<Hold> hold;
  private volatile Registration hook = () -> {};
  private volatile boolean ended;
  private volatile Reading reading = Reading.notBegun(this); // by nobody
  private volatile Runnable wake = () -> {};
  private volatile Judges.Judge judgement = (end, _) -> end;

  public Job(ChatRequest request, Call call, EventRing ring, long queuedNanos, Optional<Pin> pin) {
    this(request, call, ring, queuedNanos, pin, false, Optional.empty());
  }

  /** A job whose answer is held to a grammar, where there is one. */
  public static Job held(
      ChatRequest request, Call call, EventRing ring, long queuedNanos, Optional<Hold> hold) {
    return new Job(request, call, ring, queuedNanos, Optional.empty(), false, hold);
  }

  private Job(
      ChatRequest request,
      Call call,
      EventRing ring,
      long queuedNanos,
      Optional<Pin> pin,
      boolean onlyCounted,
      Optional<Hold> hold) {
    this.hold = hold;
    this.onlyCounted = onlyCounted;
    this.request = request;
    this.adapters = AdapterSet.of(request.sampling().adapters());
    this.call = call;
    this.ring = ring;
    this.queuedNanos = queuedNanos;
    this.pin = pin;
  }

  /**
   * How far a prompt is read.
   *
   * @param reader who reads it, by identity
   * @param tokens when it is done; not to be changed
   * @param predicted what the answer may repeat, then too; not to be changed
   * @param refusal when it is refused
   */
  public record Reading(
      Object reader, State state, int[] tokens, int[] predicted, Optional<LlmError> refusal) {
    private static final int[] NONE = {};

    /** The stages. */
    public enum State {
      NOT_BEGUN,
      RUNNING,
      DONE,
      REFUSED
    }

    /** Nobody has looked at it. */
    public static Reading notBegun(Object reader) {
      return new Reading(reader, State.NOT_BEGUN, NONE, NONE, Optional.empty());
    }

    /** It is being read aside. */
    public static Reading running(Object reader) {
      return new Reading(reader, State.RUNNING, NONE, NONE, Optional.empty());
    }

    /** It is read. */
    public static Reading done(Object reader, int[] tokens, int[] predicted) {
      return new Reading(reader, State.DONE, tokens, predicted, Optional.empty());
    }

    /** It cannot be computed. */
    public static Reading refused(Object reader, LlmError error) {
      return new Reading(reader, State.REFUSED, NONE, NONE, Optional.of(error));
    }
  }

  public ChatRequest request() {
    return request;
  }

  /** What it is computed with. */
  public AdapterSet adapters() {
    return adapters;
  }

  public Priority priority() {
    return request.priority();
  }

  public Call call() {
    return call;
  }

  public EventRing ring() {
    return ring;
  }

  /** What its consumer reads; {@code judges} judge its end, where it is held to a grammar. */
  public EventStream<StreamEvent> stream(Judges judges) {
    return hold.isPresent() ? new JudgedEnd(this, judges) : ring;
  }

  /**
   * Says how its end is judged, before it ends.
   *
   * @param judge runs on another thread, where the answer is done; the end that it tells is the one
   *     that counts
   */
  public void judgeBy(Judges.Judge judge) {
    judgement = judge;
  }

  StreamEvent.Terminal judged(StreamEvent.Done end, Judges judges) {
    return judges.judged(this, judgement, end);
  }

  public long queuedNanos() {
    return queuedNanos;
  }

  /** A job that ends when its prompt's tokens are known. */
  public static Job toCount(ChatRequest request, Call call, EventRing ring, long queuedNanos) {
    return new Job(request, call, ring, queuedNanos, Optional.empty(), true, Optional.empty());
  }

  /** Whether nothing is computed, and its end tells the prompt's tokens. */
  public boolean isOnlyCounted() {
    return onlyCounted;
  }

  /** What the answer is held to. */
  public Optional<Hold> hold() {
    return hold;
  }

  /** What to keep of the prompt; then it is only read, and nothing is answered. */
  public Optional<Pin> pin() {
    return pin;
  }

  /**
   * How far {@code reader} is with the prompt: what another one has read is of another model, or of
   * one that was loaded anew.
   */
  public Reading reading(Object reader) {
    Reading now = reading;
    return now.reader() == reader ? now : Reading.notBegun(reader);
  }

  /** Says how far the prompt is read. Any thread. */
  public void read(Reading now) {
    reading = now;
  }

  /** What to run when the job's owner should look at it; nothing until it is set. */
  public void wakeBy(Runnable wake) {
    this.wake = wake;
  }

  /** Lets the owner look at the job. Any thread. */
  public void wakeOwner() {
    wake.run();
  }

  public boolean cancelled() {
    return call.cancelled().isPresent();
  }

  public void onCancel(Runnable action) {
    hook = call.onCancel(action);
    if (ended) {
      hook.close(); // it ended meanwhile
    }
  }

  public void end(StreamEvent.Terminal terminal) {
    ended = true;
    hook.close();
    ring.end(terminal);
  }

  /** The end of a job that was told to stop; by shutdown when its call was not cancelled. */
  public StreamEvent.Terminal cancellation(Usage usage) {
    CancelReason reason = call.cancelled().orElse(CancelReason.SHUTDOWN);
    String operation = "The generation by model '" + request.model() + "'";
    return StreamEvent.Terminal.of(reason, operation, call.deadline().budget(), usage);
  }
}

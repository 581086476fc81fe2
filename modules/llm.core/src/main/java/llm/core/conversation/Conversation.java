package llm.core.conversation;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import llm.core.context.DualContext;
import llm.core.context.warmup.Summarizer;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.Replay;
import llm.domain.call.Call;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.store.LogIdentity;

/** One conversation in memory: who leads it, its contexts, its log, and whose turn it is. */
final class Conversation {
  private final ConversationInfo.Identity identity;
  private final int answerTokens;
  private final ConversationRecord.Created created;
  private final DualContext context;
  private final Summarizer summarizer;
  private final ConversationLog log;
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition free = lock.newCondition();
  private final TurnNames turns = new TurnNames(); // guarded by lock, as all below
  private String running; // the turn that runs; null when none does
  private int waiting;
  private String latest; // the turn begun last; null before the first
  private Gone gone; // null while it is here
  private Optional<ConversationRecord.HandedOver> unkept = Optional.empty();

  /** Why it is not here any more. */
  enum Gone {
    /** It was deleted. */
    DELETED,
    /** It was not used for long; it is in the store. */
    EVICTED,
    /** The store has it otherwise; it is read again. */
    STORE,
    /** The process ends. */
    SHUTDOWN
  }

  /**
   * One as its records say.
   *
   * @param answerTokens the most of an answer
   */
  Conversation(
      ConversationInfo.Identity identity,
      int answerTokens,
      DualContext context,
      Summarizer summarizer,
      ConversationLog log,
      Replay replay) {
    this.identity = identity;
    this.answerTokens = answerTokens;
    this.created = replay.created();
    this.context = context;
    this.summarizer = summarizer;
    this.log = log;
    replay.ends().keySet().forEach(turns::add);
    this.latest = replay.latest();
  }

  String id() {
    return identity.id();
  }

  ModelName model() {
    return identity.model();
  }

  boolean isOf(Principal principal) {
    return identity.owner().equals(principal.name());
  }

  /** Whether it is what this log says, and not another one of the same id. */
  boolean isOf(LogIdentity known) {
    return log.identity().equals(known);
  }

  ConversationInfo.Identity identity() {
    return identity;
  }

  /** Whether it began as {@code other} does, and nothing was said yet. */
  boolean isLike(ConversationRecord.Created other) {
    return turns() == 0 && created.isLike(other);
  }

  /** The most tokens of an answer. */
  int answerTokens() {
    return answerTokens;
  }

  /** Whether answers come with what is judged of them. */
  boolean hasMetadata() {
    return created.metadata();
  }

  DualContext context() {
    return context;
  }

  Summarizer summarizer() {
    return summarizer;
  }

  ConversationLog log() {
    return log;
  }

  /**
   * Takes the floor for a turn; {@link #leave} gives it back.
   *
   * @param most how many may wait; 0: none does
   * @return false when it is not here any more, and may be found again
   * @throws LlmException with {@code Conflict} naming the turn that runs, {@code QueueFull}, {@code
   *     NotFound} when it is deleted, or what ended the wait
   */
  boolean enter(String turn, int most, Call call) throws LlmException {
    try (Registration _ = call.onCancel(this::wakeAll)) {
      lock.lock();
      try {
        if (running != null && (most == 0 || running.equals(turn))) {
          throw new LlmException(
              new LlmError.Conflict(
                  "Conversation "
                      + id()
                      + " is answering turn "
                      + running
                      + "; wait for its end."));
        }
        if (running != null && waiting >= most) {
          throw new LlmException(
              new LlmError.QueueFull("conversation " + id(), most, Duration.ofSeconds(1)));
        }
        awaitFloor(call);
        if (gone == Gone.DELETED) {
          throw new LlmException(new LlmError.NotFound("conversation", id()));
        }
        if (gone != null) {
          return false;
        }
        running = turn;
        return true;
      } finally {
        lock.unlock();
      }
    }
  }

  private void awaitFloor(Call call) throws LlmException {
    waiting++;
    try {
      while (running != null && gone == null) {
        if (call.cancelled().isPresent()) {
          throw new LlmException(new LlmError.Cancelled(call.cancelled().get()));
        }
        // The call's end wakes; the limit only guards against an end that is never told.
        free.await(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new LlmException(new LlmError.Internal(), interrupted);
    } finally {
      waiting--;
    }
  }

  /** A turn that has the floor is begun anew or for the first time. */
  void begun(String turn) {
    lock.lock();
    try {
      turns.add(turn);
      latest = turn;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the floor back. */
  void leave() {
    lock.lock();
    try {
      running = null;
      free.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Whether a turn was begun before; what became of it, the store tells. */
  boolean knows(String turn) {
    lock.lock();
    try {
      return turns.contains(turn);
    } finally {
      lock.unlock();
    }
  }

  /** Whether {@code turn} was begun last. */
  boolean isLatest(String turn) {
    lock.lock();
    try {
      return turn.equals(latest);
    } finally {
      lock.unlock();
    }
  }

  /** The turn that runs; empty when none does. */
  Optional<String> running() {
    lock.lock();
    try {
      return Optional.ofNullable(running);
    } finally {
      lock.unlock();
    }
  }

  /** Turns that wait for the floor. */
  int waiting() {
    lock.lock();
    try {
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /** Turns begun. */
  int turns() {
    lock.lock();
    try {
      return turns.count();
    } finally {
      lock.unlock();
    }
  }

  /** Turns begun, {@code turn} among them. */
  int turnsWith(String turn) {
    lock.lock();
    try {
      return turns.count() + (turns.contains(turn) ? 0 : 1);
    } finally {
      lock.unlock();
    }
  }

  /** Leaves if nothing would be lost by forgetting it here; nobody gets the floor then. */
  boolean leaveIfQuiet() {
    lock.lock();
    try {
      boolean quiet = running == null && waiting == 0 && !log.isBehind() && !context.isWarming();
      if (quiet) {
        gone = Gone.EVICTED;
      }
      return quiet;
    } finally {
      lock.unlock();
    }
  }

  /**
   * It is deleted, forgotten here or the server stops: nobody gets the floor any more. A turn that
   * runs goes on.
   */
  void close(Gone why) {
    lock.lock();
    try {
      if (gone == null) {
        gone = why;
      }
      free.signalAll();
    } finally {
      lock.unlock();
    }
    context.close(why.name().toLowerCase(Locale.ROOT));
    summarizer.release();
  }

  /** A change of context that no record tells of yet: the turn it was made for was not kept. */
  Optional<ConversationRecord.HandedOver> unkept() {
    lock.lock();
    try {
      return unkept;
    } finally {
      lock.unlock();
    }
  }

  /** Remembers a change of context until a record tells of it. */
  void unkept(Optional<ConversationRecord.HandedOver> handover) {
    lock.lock();
    try {
      unkept = handover;
    } finally {
      lock.unlock();
    }
  }

  private void wakeAll() {
    lock.lock();
    try {
      free.signalAll();
    } finally {
      lock.unlock();
    }
  }
}

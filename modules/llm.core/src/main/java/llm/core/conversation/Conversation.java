package llm.core.conversation;

import llm.core.context.Ledger;
import llm.core.context.DualContext;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import llm.domain.call.Call;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;

/** One conversation in memory: who leads it, its contexts, its log, and whose turn it is. */
final class Conversation {
  /** Turns whose ends are remembered; older ones are looked up in the store. */
  private static final int REMEMBERED = 64;

  private final ConversationInfo.Identity identity;
  private final DualContext context;
  private final Summarizer summarizer;
  private final ConversationLog log;
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition free = lock.newCondition();
  private final Map<String, End> ends; // guarded by lock, as all below
  private String running; // the turn that runs; null when none does
  private int waiting;
  private int turns; // begun, each counted once
  private String latest; // the turn begun last; null before the first
  private boolean gone;

  /** How a turn ended. */
  enum End {
    /** With a whole answer. */
    ANSWERED,
    /** With a part of one. */
    INTERRUPTED,
    /** Without any. */
    UNANSWERED
  }

  Conversation(
      ConversationInfo.Identity identity,
      DualContext context,
      Summarizer summarizer,
      ConversationLog log,
      Replay replay) {
    this.identity = identity;
    this.context = context;
    this.summarizer = summarizer;
    this.log = log;
    this.ends = new LinkedHashMap<>(replay.ends());
    this.turns = replay.turns();
    this.latest = replay.latest();
    forgetOldEnds();
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

  Instant createdAt() {
    return identity.createdAt();
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
   * @throws LlmException with {@code Conflict} naming the turn that runs, {@code QueueFull}, or
   *     what ended the wait
   */
  void enter(String turn, int most, Call call) throws LlmException {
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
              new LlmError.QueueFull(
                  "conversation " + id(), most, java.time.Duration.ofSeconds(1)));
        }
        awaitFloor(call);
        if (gone) {
          throw new LlmException(new LlmError.NotFound("conversation", id()));
        }
        running = turn;
      } finally {
        lock.unlock();
      }
    }
  }

  private void awaitFloor(Call call) throws LlmException {
    waiting++;
    try {
      while (running != null && !gone) {
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
      if (!ends.containsKey(turn)) {
        turns++;
      }
      latest = turn;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the floor back. */
  void leave(Optional<End> end) {
    lock.lock();
    try {
      end.ifPresent(how -> {
        ends.remove(running);
        ends.put(running, how);
        forgetOldEnds();
      });
      running = null;
      free.signal();
    } finally {
      lock.unlock();
    }
  }

  /** How a turn ended; empty when it runs, is not remembered or was never begun. */
  Optional<End> endOf(String turn) {
    lock.lock();
    try {
      return Optional.ofNullable(ends.get(turn));
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

  /** Whether the ends of all its turns are remembered. */
  boolean remembersAll() {
    lock.lock();
    try {
      return turns <= REMEMBERED;
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

  /** Turns begun. */
  int turns() {
    lock.lock();
    try {
      return turns;
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing would be lost by forgetting it here. */
  boolean isQuiet() {
    lock.lock();
    try {
      return running == null && waiting == 0 && !log.isBehind() && !context.isWarming();
    } finally {
      lock.unlock();
    }
  }

  /** It is deleted, forgotten here or the server stops: nobody gets the floor any more. */
  void close(String reason) {
    lock.lock();
    try {
      gone = true;
      free.signalAll();
    } finally {
      lock.unlock();
    }
    context.close(reason);
    summarizer.release();
  }

  private void wakeAll() {
    lock.lock();
    try {
      free.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void forgetOldEnds() {
    var oldest = ends.keySet().iterator();
    while (ends.size() > REMEMBERED) {
      oldest.next();
      oldest.remove();
    }
  }

  /**
   * What the records of a conversation come to.
   *
   * @param created the first of them
   * @param summary what the context begins with
   * @param ledger what must not be forgotten
   * @param messages told word by word
   * @param ends of all turns
   * @param turns begun, each counted once
   * @param latest the turn begun last; null before the first
   */
  record Replay(
      ConversationRecord.Created created,
      String summary,
      Ledger ledger,
      List<Message> messages,
      Map<String, End> ends,
      int turns,
      String latest) {

    /**
     * Goes through the records.
     *
     * @param records all of a conversation's, in order
     * @return empty when they do not begin as a conversation does
     */
    static Optional<Replay> of(List<ConversationRecord> records) {
      if (records.isEmpty()
          || !(records.getFirst() instanceof ConversationRecord.Created created)) {
        return Optional.empty();
      }
      var walk = new Walk();
      records.forEach(walk::take);
      walk.takeBackOpenTurn(); // its answer was not there when the process ended
      return Optional.of(
          new Replay(
              created,
              walk.summary,
              walk.ledger,
              walk.messages,
              walk.ends,
              walk.begun,
              walk.latest));
    }

    private static final class Walk {
      private String summary = "";
      private Ledger ledger = Ledger.EMPTY;
      private List<Message> messages = new ArrayList<>();
      private final Map<String, End> ends = new LinkedHashMap<>();
      private int begun;
      private String latest;
      private boolean open;

      private void take(ConversationRecord record) {
        switch (record) {
          case ConversationRecord.Created _ -> {
            // told by the replay itself
          }
          case ConversationRecord.Asked(String turn, String text, Instant _) -> {
            takeBackOpenTurn();
            messages.add(Message.user(text));
            begun += ends.containsKey(turn) ? 0 : 1;
            latest = turn;
            open = true;
          }
          case ConversationRecord.Answered(String turn, String text, var finish, var _, var _) -> {
            messages.add(Message.assistant(text));
            end(turn, finish.isPresent() ? End.ANSWERED : End.INTERRUPTED);
          }
          case ConversationRecord.Unanswered(String turn, String _, Instant _) -> {
            takeBack(turn);
            end(turn, End.UNANSWERED);
          }
          case ConversationRecord.HandedOver(String text, Ledger all, int kept, Instant _) -> {
            summary = text;
            ledger = all;
            int from = Math.max(0, messages.size() - kept);
            messages = new ArrayList<>(messages.subList(from, messages.size()));
          }
          case ConversationRecord.Noted(List<Ledger.Entry> entries, Instant _) ->
              ledger = ledger.with(entries, Integer.MAX_VALUE);
        }
      }

      /**
       * The turn's messages are told no more: the question, and the part of an answer behind it.
       */
      private void takeBack(String turn) {
        if (ends.get(turn) == End.INTERRUPTED && turn.equals(latest) && !messages.isEmpty()) {
          messages.removeLast();
        }
        if (!messages.isEmpty()) {
          messages.removeLast();
        }
      }

      private void takeBackOpenTurn() {
        if (open && !messages.isEmpty()) {
          messages.removeLast();
          end(latest, End.UNANSWERED);
        }
      }

      private void end(String turn, End how) {
        ends.remove(turn);
        ends.put(turn, how);
        open = false;
      }
    }
  }
}

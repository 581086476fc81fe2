package llm.gpu.memory;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * Whether one model is in memory, and who wants it there or away. Those who ask for the same share
 * one wish; a wish to unload ends a load under way. Its model's thread says what becomes of it, any
 * thread asks.
 */
public final class Residence {
  /** Where a model stands. */
  public enum State {
    UNLOADED,
    LOADING,
    LOADED,
    UNLOADING
  }

  /**
   * How it is, at one moment.
   *
   * @param progress of a load, 0 to 1; 1 of one that is loaded, 0 of one that is not
   * @param need what it takes, or will; empty while nothing is known
   * @param contextTokens the window it was loaded with; 0 while it is not
   * @param failure why the last load came to nothing; empty after one that did not
   */
  public record Snapshot(
      State state,
      float progress,
      Optional<ModelNeed> need,
      int contextTokens,
      Optional<String> failure) {
    private Snapshot in(State other, float share) {
      return new Snapshot(other, share, need, contextTokens, failure);
    }
  }

  /** A wish that cannot be met; the message is client-safe. */
  public static final class Unmet extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public Unmet(String message) {
      super(message);
    }
  }

  /** Why a load has ended that somebody took back. */
  public static final String CANCELLED = "The load was ended by a request to unload the model.";

  private static final Snapshot NOWHERE =
      new Snapshot(State.UNLOADED, 0, Optional.empty(), 0, Optional.empty());

  private final Object lock = new Object();
  private volatile Snapshot now = NOWHERE;
  private CompletableFuture<Void> load; // null: nobody asks for it; guarded by lock
  private CompletableFuture<Void> unload; // likewise
  private OptionalInt context = OptionalInt.empty(); // of the wish; guarded by lock
  private OptionalLong unloadSince = OptionalLong.empty(); // guarded by lock
  private boolean cancelled; // the load that is wished or under way; guarded by lock

  /** How it is. */
  public Snapshot now() {
    return now;
  }

  /**
   * Asks for it to be loaded; again, when it is about to leave.
   *
   * @param contextTokens the window; empty for the settings'
   * @return ends when it is loaded, or exceptionally with {@link Unmet}
   * @throws Unmet when it has, or is being given, another window
   */
  public CompletableFuture<Void> wantLoaded(OptionalInt contextTokens) throws Unmet {
    synchronized (lock) {
      if (now.state() == State.LOADED && unload == null) {
        requireWindow(contextTokens, OptionalInt.of(now.contextTokens()));
        return CompletableFuture.completedFuture(null);
      }
      boolean onTheWay = load != null || now.state() == State.LOADING;
      if (onTheWay) {
        requireWindow(contextTokens, context);
      } else {
        context = contextTokens;
      }
      if (load == null) {
        load = new CompletableFuture<>();
      }
      return load;
    }
  }

  private static void requireWindow(OptionalInt asked, OptionalInt there) throws Unmet {
    if (asked.isPresent() && !asked.equals(there)) {
      throw new Unmet(
          "It is loaded, or being loaded, with "
              + (there.isPresent() ? there.getAsInt() + " context tokens" : "the settings' context")
              + ", not "
              + asked.getAsInt()
              + "; unload it first.");
    }
  }

  /**
   * Asks for it to leave, once what came before has been answered; a load under way is ended, and
   * one that was to come after it has left.
   *
   * @return ends when it is not in memory
   */
  public CompletableFuture<Void> wantUnloaded(long nowNanos) {
    CompletableFuture<Void> again = null;
    CompletableFuture<Void> gone;
    synchronized (lock) {
      if (now.state() == State.UNLOADED && load == null) {
        return CompletableFuture.completedFuture(null);
      }
      if (unload == null) {
        unload = new CompletableFuture<>();
        unloadSince = OptionalLong.of(nowNanos);
      }
      if (now.state() == State.LOADING || now.state() == State.UNLOADED) {
        cancelled = true;
      } else {
        again = load;
        load = null;
      }
      gone = unload;
    }
    end(again, Optional.of(CANCELLED));
    return gone;
  }

  /** Whether somebody asks for it to be loaded. */
  public boolean isWanted() {
    synchronized (lock) {
      return load != null;
    }
  }

  /** The window that was asked for. */
  public OptionalInt context() {
    synchronized (lock) {
      return context;
    }
  }

  /** Since when it is asked to leave; empty when it is not. */
  public OptionalLong unloadSince() {
    synchronized (lock) {
      return unloadSince;
    }
  }

  /** Whether the load, or the wish for it, was taken back. */
  public boolean isCancelled() {
    synchronized (lock) {
      return cancelled;
    }
  }

  /** What a load would take is known. */
  public void needs(ModelNeed need) {
    synchronized (lock) {
      Snapshot old = now;
      now =
          new Snapshot(
              old.state(),
              old.progress(),
              Optional.of(need),
              old.contextTokens(),
              Optional.empty());
    }
  }

  /**
   * Its load begins; not when another window than {@code contextTokens} is asked for, which holds
   * until it ends.
   */
  public boolean begin(OptionalInt contextTokens) {
    synchronized (lock) {
      if (!context.equals(contextTokens)) {
        return false;
      }
      now = now.in(State.LOADING, 0);
      return true;
    }
  }

  /** Its load goes on: a share from 0 to 1. */
  public void loading(float share) {
    synchronized (lock) {
      now = now.in(State.LOADING, share);
    }
  }

  /**
   * It is in memory.
   *
   * @param taken what it took
   */
  public void loaded(ModelNeed taken, int contextTokens) {
    CompletableFuture<Void> told;
    synchronized (lock) {
      now = new Snapshot(State.LOADED, 1, Optional.of(taken), contextTokens, Optional.empty());
      told = load;
      load = null;
      cancelled = false;
    }
    end(told, Optional.empty());
  }

  /** It took more since, or less. */
  public void takes(ModelNeed taken) {
    synchronized (lock) {
      Snapshot old = now;
      now =
          new Snapshot(
              old.state(), old.progress(), Optional.of(taken), old.contextTokens(), old.failure());
    }
  }

  /** It begins to leave. */
  public void unloading() {
    synchronized (lock) {
      now = now.in(State.UNLOADING, 0);
    }
  }

  /** It is not in memory any more. */
  public void unloaded() {
    leave(Optional.empty(), now.failure());
  }

  /** Its load came to nothing. */
  public void failed(String reason) {
    leave(Optional.of(reason), Optional.of(reason));
  }

  private void leave(Optional<String> refusal, Optional<String> failure) {
    CompletableFuture<Void> loads = null;
    CompletableFuture<Void> unloads;
    synchronized (lock) {
      now = new Snapshot(State.UNLOADED, 0, now.need(), 0, failure);
      unloads = unload;
      unload = null;
      unloadSince = OptionalLong.empty();
      if (refusal.isPresent()) {
        loads = load;
        load = null;
      }
      if (load == null) {
        context = OptionalInt.empty();
      }
      cancelled = false;
    }
    end(loads, refusal);
    end(unloads, Optional.empty());
  }

  private static void end(CompletableFuture<Void> wish, Optional<String> refusal) {
    if (wish == null) {
      return;
    }
    if (refusal.isPresent()) {
      wish.completeExceptionally(new Unmet(refusal.get()));
    } else {
      wish.complete(null);
    }
  }
}

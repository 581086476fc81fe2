package llm.core.conversation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.store.LogIdentity;

/**
 * The conversations in memory. One that is not there is loaded, by one thread however many ask;
 * with too many, those used least recently are left to the store, unless something goes on in them.
 * There is never a second one of an id while somebody may write by the first. Thread-safe.
 */
final class Residents {
  private static final int LOADERS = 64; // conversations that can be loaded at once
  private static final int LOOKED_AT = 64; // for one to let go, at each load
  private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

  private final int most;
  private final Loader loader;
  private final ReentrantLock[] loading = new ReentrantLock[LOADERS];
  private final Map<String, Conversation> byId =
      new LinkedHashMap<>(16, 0.75f, true); // least recently used first; guarded by this
  private boolean closed; // guarded by this

  /** Reads a conversation from where it is kept. */
  interface Loader {
    Optional<Conversation> load(String id) throws LlmException;
  }

  /** What is done with a conversation's place in the store while nobody loads it. */
  interface Step<T> {
    T run() throws LlmException;
  }

  Residents(int most, Loader loader) {
    this.most = most;
    this.loader = loader;
    for (int i = 0; i < LOADERS; i++) {
      loading[i] = new ReentrantLock();
    }
  }

  /** The conversation of this id, loaded if need be; empty when there is none. */
  Optional<Conversation> find(String id) throws LlmException {
    Optional<Conversation> here = peek(id);
    return here.isPresent() ? here : find(id, () -> loader.load(id));
  }

  /** The conversation of this id, or the one that {@code maker} makes. */
  Conversation findOrMake(String id, Step<Conversation> maker) throws LlmException {
    return find(id, () -> Optional.of(maker.run())).orElseThrow();
  }

  private Optional<Conversation> find(String id, Step<Optional<Conversation>> maker)
      throws LlmException {
    return alone(
        id,
        () -> {
          Optional<Conversation> meanwhile = peek(id);
          if (meanwhile.isPresent()) {
            return meanwhile;
          }
          Optional<Conversation> made = maker.run();
          if (made.isPresent()) {
            add(made.get());
          }
          return made;
        });
  }

  /** The conversation of this id if it is in memory. */
  synchronized Optional<Conversation> peek(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  /**
   * Forgets the conversation of this log here, then runs {@code step}; none of its id is loaded
   * meanwhile.
   */
  <T> T remove(String id, LogIdentity log, Conversation.Gone why, Step<T> step)
      throws LlmException {
    return alone(
        id,
        () -> {
          peek(id).filter(one -> one.isOf(log)).ifPresent(one -> remove(one, why));
          return step.run();
        });
  }

  /** Forgets this conversation here, and whatever waits for the store. */
  void remove(Conversation conversation, Conversation.Gone why) {
    synchronized (this) {
      byId.remove(conversation.id(), conversation);
    }
    conversation.log().close();
    conversation.close(why);
  }

  /** How many there are. */
  synchronized int count() {
    return byId.size();
  }

  /** Those whose records wait for the store. */
  List<Conversation> behind() {
    List<Conversation> all;
    synchronized (this) {
      all = List.copyOf(byId.values());
    }
    return all.stream().filter(one -> one.log().isBehind()).toList();
  }

  /** Ends what goes on in all of them; none is loaded any more. */
  void close() {
    List<Conversation> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(byId.values());
      byId.clear();
    }
    all.forEach(one -> one.close(Conversation.Gone.SHUTDOWN));
  }

  private <T> T alone(String id, Step<T> step) throws LlmException {
    ReentrantLock mine = loading[Math.floorMod(id.hashCode(), LOADERS)];
    mine.lock();
    try {
      return step.run();
    } finally {
      mine.unlock();
    }
  }

  private void add(Conversation loaded) throws LlmException {
    List<Conversation> letGo = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        throw new LlmException(new LlmError.ShuttingDown(ASK_AGAIN));
      }
      byId.put(loaded.id(), loaded);
      Iterator<Conversation> oldest = byId.values().iterator();
      for (int i = 0; i < LOOKED_AT && byId.size() > most && oldest.hasNext(); i++) {
        Conversation one = oldest.next();
        if (one != loaded && one.leaveIfQuiet()) {
          oldest.remove();
          letGo.add(one);
        }
      }
    }
    letGo.forEach(one -> one.close(Conversation.Gone.EVICTED));
  }
}

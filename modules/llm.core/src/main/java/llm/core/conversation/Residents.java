package llm.core.conversation;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import llm.domain.error.LlmException;

/**
 * The conversations in memory. One that is not there is loaded, by one thread however many ask;
 * with too many, those used least recently are left to the store, unless something goes on in them.
 * Thread-safe.
 */
final class Residents {
  private static final int LOADERS = 64; // conversations that can be loaded at once
  private static final int LOOKED_AT = 16; // for one to let go, at each load

  private final int most;
  private final Loader loader;
  private final ReentrantLock[] loading = new ReentrantLock[LOADERS];
  private final Map<String, Conversation> byId =
      new LinkedHashMap<>(16, 0.75f, true); // least recently used first; guarded by this

  /** Reads a conversation from where it is kept. */
  interface Loader {
    Optional<Conversation> load(String id) throws LlmException;
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
    if (here.isPresent()) {
      return here;
    }
    ReentrantLock mine = loading[Math.floorMod(id.hashCode(), LOADERS)];
    mine.lock();
    try {
      Optional<Conversation> meanwhile = peek(id);
      if (meanwhile.isPresent()) {
        return meanwhile;
      }
      Optional<Conversation> loaded = loader.load(id);
      loaded.ifPresent(this::add);
      return loaded;
    } finally {
      mine.unlock();
    }
  }

  /** The conversation of this id if it is in memory. */
  synchronized Optional<Conversation> peek(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** Forgets a conversation here. */
  void remove(String id, String reason) {
    Conversation removed;
    synchronized (this) {
      removed = byId.remove(id);
    }
    if (removed != null) {
      removed.close(reason);
      removed.log().forget();
    }
  }

  /** How many there are. */
  synchronized int count() {
    return byId.size();
  }

  /** Those whose records wait for the store. */
  synchronized List<Conversation> behind() {
    return byId.values().stream().filter(one -> one.log().isBehind()).toList();
  }

  void close() {
    List<Conversation> all;
    synchronized (this) {
      all = List.copyOf(byId.values());
      byId.clear();
    }
    all.forEach(one -> one.close("shutdown"));
  }

  /** Puts one here that is in the store. */
  void add(Conversation loaded) {
    List<Conversation> letGo = new ArrayList<>();
    synchronized (this) {
      byId.put(loaded.id(), loaded);
      Iterator<Conversation> oldest = byId.values().iterator();
      for (int i = 0; i < LOOKED_AT && byId.size() > most && oldest.hasNext(); i++) {
        Conversation one = oldest.next();
        if (one != loaded && one.isQuiet()) {
          oldest.remove();
          letGo.add(one);
        }
      }
    }
    letGo.forEach(one -> one.close("evicted"));
  }
}

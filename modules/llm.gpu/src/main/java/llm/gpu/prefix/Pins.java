package llm.gpu.prefix;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import llm.gpu.schedule.Pin;

/**
 * Prefixes that somebody wants kept, by the ids of their wishes; each ends by itself at its time.
 * The engine's thread owns it; any thread may ask what is kept.
 */
public final class Pins {
  private final PrefixCache cache;
  private final Runnable onChange;
  private final Map<String, Held> held = new LinkedHashMap<>(); // in the order they came
  private final Set<String> ids = ConcurrentHashMap.newKeySet(); // of held, for other threads

  private record Held(Pin pin, TokenSequence sequence) {}

  /**
   * None yet.
   *
   * @param onChange runs after each change, which may have let go of other prefixes too
   */
  public Pins(PrefixCache cache, Runnable onChange) {
    this.cache = cache;
    this.onChange = onChange;
  }

  /** Keeps {@code sequence}, when the pins' share of the pool has room for it; whether it has. */
  public boolean add(Pin pin, TokenSequence sequence) {
    remove(pin.id());
    if (!cache.pin(sequence)) {
      return false;
    }
    held.put(pin.id(), new Held(pin, sequence));
    ids.add(pin.id());
    onChange.run();
    return true;
  }

  /** Why {@link #add} had no room for {@code sequence}. */
  public String refusal(TokenSequence sequence) {
    String asked = "There is no room to keep this prompt of " + sequence.computed() + " tokens: ";
    if (held.size() >= cache.limits().sequences()) {
      return asked
          + held.size()
          + " prompts are kept already, of at most "
          + cache.limits().sequences()
          + "; release one, or raise providers.local.prefix_sequences.";
    }
    return asked
        + cache.pinnedTokens()
        + " tokens are kept already, of at most "
        + cache.limits().pinnedTokens()
        + "; release one, or raise providers.local.pool_tokens.";
  }

  /** Whether it is kept. Any thread. */
  public boolean has(String id) {
    return ids.contains(id);
  }

  /** Takes a pin back; nothing happens when there is none of this id. */
  public void remove(String id) {
    Held gone = held.remove(id);
    ids.remove(id);
    if (gone != null) {
      cache.unpin(gone.sequence());
      onChange.run();
    }
  }

  /** Ends those whose time is over. */
  public void expire(long nowNanos) {
    while (nextEnd().isPresent() && nextEnd().get() - nowNanos <= 0) {
      remove(first().orElseThrow().pin().id());
    }
  }

  /** When the next one ends by itself. */
  public Optional<Long> nextEnd() {
    return first().map(next -> next.pin().untilNanos());
  }

  /** Ends the one that came first: memory is needed. False when there is none. */
  public boolean dropOldest() {
    Optional<String> oldest = held.keySet().stream().findFirst();
    oldest.ifPresent(this::remove);
    return oldest.isPresent();
  }

  private Optional<Held> first() {
    return held.values().stream()
        .min((left, right) -> Long.signum(left.pin().untilNanos() - right.pin().untilNanos()));
  }
}

package llm.core.context.warmup;

import java.util.List;
import java.util.Optional;
import llm.core.gateway.WarmPrefixes;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.chat.Message;
import llm.domain.prompt.WarmPrefixId;

/**
 * The beginning of a next context that a model keeps for one warm-up, until that is no longer
 * wanted. It is on an account beside its owner's own, so that it takes none of the places that the
 * owner asks for itself, and is in none of its lists. Thread-safe.
 */
final class KeptPrefix {
  private final WarmPrefixes prefixes;
  private final Principal account;
  private WarmPrefixId id; // guarded by this, as below; null when none
  private boolean unwanted;
  private List<Message> longer; // what is to be kept next; null when nothing is
  private boolean reading; // somebody sees to that
  private Registration atRelease = () -> {};

  KeptPrefix(WarmPrefixes prefixes, Principal owner) {
    this.prefixes = prefixes;
    this.account = accountOf(owner);
  }

  /** Whose prefixes these are: no key's, because a key's name begins with no blank. */
  static Principal accountOf(Principal owner) {
    return new Principal(" conversations of " + owner.name());
  }

  /** Who asks for it. */
  Principal account() {
    return account;
  }

  /** The model keeps it, in place of what it kept; it is let go at once where it is not wanted. */
  void keep(WarmPrefixId made) {
    WarmPrefixId gone;
    synchronized (this) {
      gone = unwanted ? made : id;
      id = unwanted ? null : made;
    }
    letGo(gone);
  }

  /** It is in use, or not wanted: the model need not keep it for us, nor read any more. */
  void release() {
    WarmPrefixId kept;
    Registration end;
    synchronized (this) {
      unwanted = true;
      kept = id;
      id = null;
      longer = null;
      end = atRelease;
    }
    end.close();
    letGo(kept);
  }

  /**
   * A longer one is wished for.
   *
   * @return whether the caller has to see to it, with {@link #next}; else somebody does already
   */
  synchronized boolean wish(List<Message> beginning) {
    if (unwanted) {
      return false;
    }
    longer = beginning;
    boolean first = !reading;
    reading = true;
    return first;
  }

  /**
   * What to have read now.
   *
   * @param end runs when it is no longer wanted
   * @return empty when there is nothing: the caller's work is done
   */
  synchronized Optional<List<Message>> next(Registration end) {
    Optional<List<Message>> beginning = Optional.ofNullable(longer);
    longer = null;
    reading = beginning.isPresent();
    atRelease = reading ? end : () -> {};
    return beginning;
  }

  private void letGo(WarmPrefixId gone) {
    if (gone != null) {
      prefixes.release(gone, account);
    }
  }
}

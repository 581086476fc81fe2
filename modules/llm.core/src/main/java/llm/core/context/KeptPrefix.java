package llm.core.context;

import llm.core.gateway.WarmPrefixes;
import llm.domain.call.Principal;
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

  /** The model keeps it; it is let go at once where it is no longer wanted. */
  void keep(WarmPrefixId made) {
    synchronized (this) {
      if (!unwanted) {
        id = made;
        return;
      }
    }
    prefixes.release(made, account);
  }

  /** It is in use, or not wanted: the model need not keep it for us. */
  void release() {
    WarmPrefixId kept;
    synchronized (this) {
      unwanted = true;
      kept = id;
      id = null;
    }
    if (kept != null) {
      prefixes.release(kept, account);
    }
  }
}

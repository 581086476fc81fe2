package llm.core.gateway;

import java.time.Duration;
import llm.core.limit.Admission;
import llm.core.limit.Limits;
import llm.core.usage.UsageLedger;
import llm.core.usage.UsageLedger.Outcome;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.ForwardingCall;
import llm.domain.call.Span;
import llm.domain.chat.Usage;

/**
 * A call whose every attempt is put on the bill, those of its children too, whatever came of them:
 * an answer from a cache takes nothing, one that needed three attempts takes what all three took.
 * Closed once, which settles what was reserved; what is taken later, by an answer that others wait
 * for when the caller has left or by an attempt that lost a race, counts all the same. Thread-safe.
 */
final class Bill extends ForwardingCall {
  private static final String CACHE_NOTE = "x-llm-cache";
  private static final String CACHE_HIT = "hit";

  private final Sum sum;

  /** What the attempts of a call and of its children took. */
  private static final class Sum {
    private final Admission admission;
    private final Limits limits;
    private final UsageLedger ledger;
    private final String model;
    private final String key;
    private long tokens; // guarded by this
    private long nanoDollars; // guarded by this
    private boolean closed; // guarded by this

    private Sum(Admission admission, Limits limits, UsageLedger ledger, String model, String key) {
      this.admission = admission;
      this.limits = limits;
      this.ledger = ledger;
      this.model = model;
      this.key = key;
    }

    /** Whether the bill is open still: what comes later is not in what was settled. */
    private synchronized boolean add(long moreTokens, long moreNanoDollars) {
      tokens += moreTokens;
      nanoDollars += moreNanoDollars;
      return !closed;
    }

    private synchronized long nanoDollars() {
      return nanoDollars;
    }

    /** Settles what was taken so far; false when that was done. */
    private boolean close() {
      long allTokens;
      long allNanoDollars;
      synchronized (this) {
        if (closed) {
          return false;
        }
        closed = true;
        allTokens = tokens;
        allNanoDollars = nanoDollars;
      }
      limits.settle(admission, allTokens, allNanoDollars);
      return true;
    }
  }

  /** The bill of {@code call}, which asks for {@code model}. */
  Bill(Call call, Admission admission, Limits limits, UsageLedger ledger, String model) {
    this(call, new Sum(admission, limits, ledger, model, key(call)));
  }

  private Bill(Call call, Sum sum) {
    super(call);
    this.sum = sum;
  }

  /** {@code other}, which is made for this one's sake: what it takes is on this bill. */
  Bill ofAlso(Call other) {
    return new Bill(other, sum);
  }

  /** On whose account a call is. */
  static String key(Call call) {
    return call.endpoint().isPresent() ? call.principal().name() : UsageLedger.OWN_WORK;
  }

  /** Ends the bill; nothing happens when it has ended. */
  void close(Outcome outcome) {
    if (!sum.close()) {
      return;
    }
    boolean cached =
        outcome == Outcome.DONE && notes().getOrDefault(CACHE_NOTE, "").startsWith(CACHE_HIT);
    String model = cached ? sum.model : answerer().map(Answerer::model).orElse(sum.model);
    sum.ledger.ended(sum.key, model, cached ? Outcome.CACHED : outcome);
  }

  /** Whether it cost anything that is known. */
  boolean isPriced() {
    return nanoDollars() > 0;
  }

  /** What it cost so far, in billionths of a US dollar. */
  long nanoDollars() {
    return sum.nanoDollars();
  }

  @Override
  public void spent(String model, Usage usage, long nanoDollars) {
    if (!sum.add(usage.totalTokens(), nanoDollars)) {
      sum.limits.settleLate(sum.admission, usage.totalTokens(), nanoDollars);
    }
    sum.ledger.spent(sum.key, model, usage, nanoDollars);
  }

  @Override
  public Call child(Duration budget, Span span) {
    return new Bill(inner().child(budget, span), sum);
  }
}

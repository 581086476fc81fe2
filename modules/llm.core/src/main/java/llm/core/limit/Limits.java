package llm.core.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.limit.LimitRules.WhenLost;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.limit.Claim;
import llm.domain.limit.Demand;
import llm.domain.limit.Measure;
import llm.domain.limit.Ruling;
import llm.domain.port.IdSource;
import llm.domain.port.LimitStore;
import llm.domain.port.TimeSource;
import llm.domain.store.StoreException;

/**
 * Lets requests in as far as the limits go, and settles what they took. Each request is counted for
 * all rules that are about it, or for none. Thread-safe; blocks while a shared store is asked.
 */
public final class Limits {
  private static final Duration WHILE_LOST = Duration.ofSeconds(2);

  private final TimeSource time;
  private final IdSource ids;
  private final Log log;
  private final Metrics.Counter limited;
  private volatile MemoryLimitStore local;
  private volatile Optional<LimitStore> shared = Optional.empty();
  private final AtomicReference<StoreException.Reason> lost = new AtomicReference<>(); // null: no
  private volatile WhenLost choice = WhenLost.ALLOW; // the last that was followed, for words

  /** Limits that are counted in memory. */
  public Limits(TimeSource time, IdSource ids, Telemetry telemetry) {
    this.time = time;
    this.ids = ids;
    this.log = telemetry.log("llm.limit");
    this.limited =
        telemetry.metrics().counter("llm_limited_total", "Requests that a limit refused.", "rule");
    telemetry
        .metrics()
        .gauge(
            "llm_limit_store_available",
            "Whether what limits count is counted as told.",
            () -> trouble().isEmpty() ? 1 : 0);
    this.local = new MemoryLimitStore(time, 10_000);
  }

  /** Counts in {@code store} from now on; before anything was counted. */
  public void countIn(MemoryLimitStore store) {
    local = store;
  }

  /** Counts in {@code store}, and in memory while that is lost; before anything was counted. */
  public void share(LimitStore store) {
    shared = Optional.of(store);
  }

  /** What is counted in memory. */
  public MemoryLimitStore local() {
    return local;
  }

  /** What is wrong just now, in words; empty: nothing. Does not block. */
  public Optional<String> trouble() {
    StoreException.Reason why = lost.get();
    if (why == StoreException.Reason.UNAVAILABLE && shared.orElse(local).isAvailable()) {
      works(why); // nobody asked it meanwhile
      return Optional.empty();
    }
    if (why == null) {
      return Optional.empty();
    }
    return Optional.of(consequence());
  }

  private String consequence() {
    return switch (choice) {
      case ALLOW -> "Redis is lost: each server counts its limits for itself meanwhile.";
      case REFUSE -> "Redis is lost: requests that have a limit are refused meanwhile.";
    };
  }

  /**
   * Counts a request, and notes in its call how the limits stand.
   *
   * @return what to {@link #settle} at its end
   * @throws LlmException with {@code LimitExceeded}, or {@code StoreUnavailable} where the rules
   *     refuse while the store is lost; nothing is counted then
   */
  public Admission admit(LimitRules rules, Asked asked, Call call) throws LlmException {
    Optional<String> endpoint = rules.rules().isEmpty() ? Optional.empty() : call.endpoint();
    if (endpoint.isEmpty()) {
      return Admission.UNLIMITED; // no rules, or the server's own work
    }
    List<Demand> demands = demands(rules, asked, call.principal().name(), endpoint.get());
    if (demands.isEmpty()) {
      return Admission.UNLIMITED;
    }
    String id = shared.isPresent() ? ids.next().toString() : "";
    Duration life = call.deadline().remaining(time.nanoTime()).plusSeconds(1);
    Decided decided = decide(rules, demands, id, life);
    RateHeaders.note(decided.ruling().standings(), call, endpoint.get(), time.now());
    return switch (decided.ruling()) {
      case Ruling.Admitted admitted -> new Admission(decided.store(), admitted.ticket());
      case Ruling.Refused refused -> {
        limited.labels(refused.rule()).increment();
        throw new LlmException(error(refused));
      }
    };
  }

  /**
   * Corrects what was reserved; once for an admission. A store that is lost by then keeps what was
   * reserved, until it no longer counts by itself.
   */
  public void settle(Admission admission, long tokens, long nanoDollars) {
    if (!admission.isLimited()) {
      return;
    }
    try {
      admission.store().settle(admission.ticket(), tokens, nanoDollars);
    } catch (StoreException failure) {
      becomeLost(failure);
    }
  }

  /**
   * Counts what was taken after the admission was settled, on the day that it began; nothing of
   * what was reserved is left then.
   */
  public void settleLate(Admission admission, long tokens, long nanoDollars) {
    if (admission.isLimited() && (tokens > 0 || nanoDollars > 0)) {
      settle(admission.late(), tokens, nanoDollars);
    }
  }

  private record Decided(Ruling ruling, LimitStore store) {}

  private Decided decide(LimitRules rules, List<Demand> demands, String id, Duration life)
      throws LlmException {
    LimitStore first = shared.isPresent() ? shared.get() : local;
    choice = rules.whenStoreIsLost();
    try {
      Ruling ruling = first.admit(demands, id, life);
      works(lost.get());
      return new Decided(ruling, first);
    } catch (StoreException failure) {
      becomeLost(failure);
      return switch (rules.whenStoreIsLost()) {
        case ALLOW -> new Decided(local.admit(demands, id, life), local);
        case REFUSE ->
            throw new LlmException(
                new LlmError.StoreUnavailable(
                    "Requests here have limits, which are counted in a store that does not answer"
                        + " now; try again soon.",
                    Optional.of(WHILE_LOST)),
                failure);
      };
    }
  }

  private void becomeLost(StoreException failure) {
    if (lost.compareAndSet(null, failure.reason())) {
      log.warn("limit_store_lost").put("message", consequence()).cause(failure).emit();
    }
  }

  private void works(StoreException.Reason lostBy) {
    if (lostBy != null && lost.compareAndSet(lostBy, null)) {
      log.info("limit_store_back").emit();
    }
  }

  private List<Demand> demands(LimitRules rules, Asked asked, String key, String endpoint)
      throws LlmException {
    List<Demand> demands = List.of();
    Asked.Estimate estimate = null;
    for (LimitRule rule : rules.rules()) {
      if (rule.isAbout(key, asked.model(), endpoint)) {
        if (estimate == null && rule.needsEstimate()) {
          estimate = asked.estimate();
        }
        demands = demands.isEmpty() ? new ArrayList<>(rules.rules().size()) : demands;
        String name = BucketNames.of(rule, key, asked, endpoint);
        demands.add(new Demand(rule.name(), name, claims(rule, rules, estimate)));
      }
    }
    return demands;
  }

  private List<Claim> claims(LimitRule rule, LimitRules rules, Asked.Estimate estimate)
      throws LlmException {
    var claims = new ArrayList<Claim>(rule.limits().size());
    for (var limit : rule.limits().entrySet()) {
      Measure measure = limit.getKey();
      claims.add(
          switch (measure) {
            case REQUESTS_PER_MINUTE, REQUESTS_PER_DAY, MAX_CONCURRENT ->
                new Claim(measure, limit.getValue(), 1);
            case TOKENS_PER_MINUTE, TOKENS_PER_DAY -> {
              long tokens = estimate.tokens(rules.expectedOutputTokens());
              yield reserve(rule, measure, limit.getValue(), tokens, estimate);
            }
            case COST_PER_DAY -> {
              long cost = estimate.nanoDollars(rules.expectedOutputTokens());
              yield reserve(rule, measure, limit.getValue(), cost, estimate);
            }
          });
    }
    return claims;
  }

  /**
   * A request that says how long its answer may be and could take more than there ever is cannot be
   * let in; one that does not say is reserved all of it at most.
   */
  private Claim reserve(
      LimitRule rule, Measure measure, long limit, long amount, Asked.Estimate estimate)
      throws LlmException {
    if (amount <= limit) {
      return new Claim(measure, limit, amount);
    }
    if (estimate.mostOutputTokens().isEmpty() && limit > 0) {
      return new Claim(measure, limit, limit);
    }
    limited.labels(rule.name()).increment();
    throw new LlmException(
        new LlmError.LimitExceeded(
            "Limit '"
                + rule.name()
                + "' allows "
                + amount(measure, limit)
                + ", and this request may take "
                + amount(measure, amount)
                + " by itself; ask for a shorter answer (max_tokens) or send a shorter prompt.",
            measure.isDaily(),
            Optional.empty()));
  }

  private static LlmError error(Ruling.Refused refused) {
    Claim claim = refused.claim();
    Measure measure = claim.measure();
    String room =
        measure == Measure.MAX_CONCURRENT
            ? "and as many are under way; try again when one has ended."
            : "and what is left is too little for this request; there is room in "
                + RateHeaders.text(refused.retryAfter())
                + ".";
    return new LlmError.LimitExceeded(
        "Limit '" + refused.rule() + "' allows " + amount(measure, claim.limit()) + ", " + room,
        measure.isDaily(),
        Optional.of(refused.retryAfter()));
  }

  private static String amount(Measure measure, long amount) {
    return measure == Measure.COST_PER_DAY
        ? Dollars.sentence(amount) + " " + measure.words()
        : amount + " " + measure.words();
  }
}

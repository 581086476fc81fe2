package llm.core.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import llm.domain.limit.Claim;
import llm.domain.limit.Demand;
import llm.domain.limit.Measure;
import llm.domain.limit.Ruling;
import llm.domain.limit.Standing;
import llm.domain.limit.Ticket;
import llm.domain.port.LimitStore;
import llm.domain.port.TimeSource;

/**
 * Counts in the memory of this process. A rule has a bucket for each name up to a number; when they
 * are all in use, further names share one, so that names which callers make up neither fill the
 * memory nor push out what others have used. Thread-safe: one short lock, some hundred nanoseconds
 * a request.
 */
public final class MemoryLimitStore implements LimitStore {
  private static final Measure[] MEASURES = Measure.values();
  private static final long SWEEP_MILLIS = 1_000; // the least between two searches for unused ones

  private final TimeSource time;
  private final int mostNames;
  private final Map<String, Rule> rules = new HashMap<>(); // guarded by this
  private long latestMillis; // guarded by this

  /**
   * A store in which nothing is counted.
   *
   * @param mostNames how many buckets one rule may have, 1 or more; one more for all others
   */
  public MemoryLimitStore(TimeSource time, int mostNames) {
    this.time = time;
    this.mostNames = mostNames;
  }

  /** A rule's buckets. */
  private static final class Rule {
    private final Map<String, Counter[]> buckets = new HashMap<>();
    private long sweptMillis = Long.MIN_VALUE / 2;
  }

  /**
   * What is counted of a day, to go on with after a restart.
   *
   * @param day since 1970
   */
  public record DayCount(String rule, String name, Measure measure, long day, long amount) {}

  @Override
  public synchronized Ruling admit(List<Demand> asked, String id, Duration life) {
    long now = now();
    var demands = new ArrayList<Demand>(asked.size());
    for (Demand demand : asked) {
      demands.add(withPlace(demand, now));
    }
    Ruling.Refused refusal = null;
    for (Demand demand : demands) {
      Counter[] bucket = bucket(demand);
      for (Claim claim : demand.claims()) {
        Counter counter = bucket[claim.measure().ordinal()];
        if (counter.used(now) + claim.amount() > claim.limit()) {
          refusal = later(refusal, demand, claim, counter, now);
        }
      }
    }
    if (refusal != null) {
      return new Ruling.Refused(
          refusal.rule(), refusal.claim(), refusal.retryAfter(), standings(demands, now));
    }
    for (Demand demand : demands) {
      Counter[] bucket = bucket(demand);
      for (Claim claim : demand.claims()) {
        bucket[claim.measure().ordinal()].add(claim.amount(), now);
      }
    }
    return new Ruling.Admitted(new Ticket(id, now, demands), standings(demands, now));
  }

  /** Of two reasons, the one that takes longer. */
  private static Ruling.Refused later(
      Ruling.Refused known, Demand demand, Claim claim, Counter counter, long now) {
    var after = Duration.ofMillis(counter.untilRoom(claim.amount(), claim.limit(), now));
    return known == null || known.retryAfter().compareTo(after) < 0
        ? new Ruling.Refused(demand.rule(), claim, after, List.of())
        : known;
  }

  @Override
  public synchronized void settle(Ticket ticket, long tokens, long nanoDollars) {
    long now = now();
    for (Demand demand : ticket.demands()) {
      Counter[] bucket = bucket(demand);
      for (Claim claim : demand.claims()) {
        long difference =
            switch (claim.measure()) {
              case TOKENS_PER_MINUTE, TOKENS_PER_DAY -> tokens - claim.amount();
              case COST_PER_DAY -> nanoDollars - claim.amount();
              case MAX_CONCURRENT -> -1;
              case REQUESTS_PER_MINUTE, REQUESTS_PER_DAY -> 0;
            };
        if (difference != 0) {
          bucket[claim.measure().ordinal()].correct(difference, ticket.atMillis(), now);
        }
      }
    }
  }

  /** What is counted of today; as many as there are buckets at most. */
  public synchronized List<DayCount> today() {
    long now = now();
    var counts = new ArrayList<DayCount>();
    rules.forEach((rule, of) ->
        of.buckets.forEach((name, bucket) -> {
          for (Measure measure : MEASURES) {
            long used = measure.isDaily() ? bucket[measure.ordinal()].used(now) : 0;
            if (used > 0) {
              counts.add(new DayCount(rule, name, measure, now / Counter.Day.MILLIS, used));
            }
          }
        }));
    return counts;
  }

  /** Goes on with what was counted before, unless its day is over. */
  public synchronized void goOn(List<DayCount> counts) {
    long now = now();
    for (DayCount count : counts) {
      if (count.day() == now / Counter.Day.MILLIS && count.measure().isDaily()) {
        Demand place = withPlace(new Demand(count.rule(), count.name(), List.of()), now);
        bucket(place)[count.measure().ordinal()].add(count.amount(), now);
      }
    }
  }

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public void close() {
    // what is counted here ends with the process
  }

  /** A clock that was put back does not make what was counted last longer. */
  private long now() {
    latestMillis = Math.max(latestMillis, time.now().toEpochMilli());
    return latestMillis;
  }

  private Counter[] bucket(Demand demand) {
    return rules
        .computeIfAbsent(demand.rule(), _ -> new Rule())
        .buckets
        .computeIfAbsent(demand.name(), _ -> counters());
  }

  private static Counter[] counters() {
    var counters = new Counter[MEASURES.length];
    for (Measure measure : MEASURES) {
      counters[measure.ordinal()] =
          switch (measure) {
            case REQUESTS_PER_MINUTE, TOKENS_PER_MINUTE -> new Counter.Minute();
            case REQUESTS_PER_DAY, TOKENS_PER_DAY, COST_PER_DAY -> new Counter.Day();
            case MAX_CONCURRENT -> new Counter.Running();
          };
    }
    return counters;
  }

  /** The demand on its own bucket, or on that of the others where no further one may be made. */
  private Demand withPlace(Demand demand, long now) {
    Rule rule = rules.computeIfAbsent(demand.rule(), _ -> new Rule());
    if (rule.buckets.containsKey(demand.name()) || demand.name().isEmpty()) {
      return demand;
    }
    if (rule.buckets.size() >= mostNames && now - rule.sweptMillis >= SWEEP_MILLIS) {
      rule.sweptMillis = now;
      rule.buckets.values().removeIf(bucket -> isUnused(bucket, now));
    }
    return rule.buckets.size() < mostNames ? demand : demand.ofOthers();
  }

  private static boolean isUnused(Counter[] bucket, long now) {
    for (Counter counter : bucket) {
      if (counter.used(now) > 0) {
        return false;
      }
    }
    return true;
  }

  private List<Standing> standings(List<Demand> demands, long now) {
    var standings = new ArrayList<Standing>();
    for (Demand demand : demands) {
      Counter[] bucket = bucket(demand);
      for (Claim claim : demand.claims()) {
        Counter counter = bucket[claim.measure().ordinal()];
        long left = Math.max(0, claim.limit() - counter.used(now));
        var reset = Duration.ofNanos(TimeUnit.MILLISECONDS.toNanos(counter.untilEmpty(now)));
        standings.add(new Standing(demand.rule(), claim.measure(), claim.limit(), left, reset));
      }
    }
    return standings;
  }
}

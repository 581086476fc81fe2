package llm.core.store.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import llm.core.store.StoreTexts;
import llm.domain.limit.Claim;
import llm.domain.limit.Demand;
import llm.domain.limit.Measure;
import llm.domain.limit.Ruling;
import llm.domain.limit.Standing;
import llm.domain.limit.Ticket;
import llm.domain.port.LimitStore;
import llm.domain.store.StoreException;

/**
 * Counts in a Redis, by its clock: one script for a request and all its rules. All keys are in one
 * slot of a cluster, since a request is counted by all of its rules or by none; each of them ends
 * by itself when what it counts is over. Thread-safe.
 */
final class RedisLimitStore implements LimitStore {
  private static final String SPACE = "{llm-limits}:";

  private final RedisLink link;
  private final String prefix;
  private final int mostNames;
  private volatile boolean closed;

  RedisLimitStore(RedisLink link, String prefix, int mostNames) {
    this.link = link;
    this.prefix = prefix + SPACE;
    this.mostNames = mostNames;
  }

  @Override
  public Ruling admit(List<Demand> demands, String id, Duration life) throws StoreException {
    checkOpen();
    var keys = new ArrayList<String>(demands.size() * 5);
    var arguments = new ArrayList<String>();
    arguments.add(id);
    arguments.add(Long.toString(Math.max(1, life.toMillis())));
    arguments.add(Integer.toString(mostNames));
    for (Demand demand : demands) {
      Demand others = demand.ofOthers();
      keys.add(hash(demand));
      keys.add(set(demand));
      keys.add(hash(others));
      keys.add(set(others));
      keys.add(prefix + demand.rule() + ":names");
      arguments.add(demand.name().isEmpty() ? "0" : "1");
      arguments.add(Integer.toString(demand.claims().size()));
      for (Claim claim : demand.claims()) {
        arguments.add(number(claim.measure()));
        arguments.add(Long.toString(claim.limit()));
        arguments.add(Long.toString(claim.amount()));
      }
    }
    return ruling(demands, id, link.ask(client -> Script.LIMIT_ADMIT.run(client, keys, arguments)));
  }

  private static Ruling ruling(List<Demand> demands, String id, List<?> answer) {
    var numbers = answer.stream().map(Long.class::cast).toList();
    int at = 5;
    var counted = new ArrayList<Demand>();
    var standings = new ArrayList<Standing>();
    for (Demand demand : demands) {
      counted.add(numbers.get(at) == 1 ? demand.ofOthers() : demand);
      at++;
      for (Claim claim : demand.claims()) {
        long left = Math.max(0, claim.limit() - numbers.get(at));
        var reset = Duration.ofMillis(Math.max(0, numbers.get(at + 1)));
        standings.add(new Standing(demand.rule(), claim.measure(), claim.limit(), left, reset));
        at += 2;
      }
    }
    if (numbers.get(0) == 1) {
      return new Ruling.Admitted(new Ticket(id, numbers.get(1), counted), standings);
    }
    Demand refusing = demands.get((int) (numbers.get(2) - 1));
    Claim claim = refusing.claims().get((int) (numbers.get(3) - 1));
    return new Ruling.Refused(
        refusing.rule(), claim, Duration.ofMillis(Math.max(1, numbers.get(4))), standings);
  }

  @Override
  public void settle(Ticket ticket, long tokens, long nanoDollars) throws StoreException {
    checkOpen();
    var keys = new ArrayList<String>();
    var arguments = new ArrayList<String>();
    arguments.add(ticket.id());
    arguments.add(Long.toString(ticket.atMillis()));
    boolean corrects = false;
    for (Demand demand : ticket.demands()) {
      keys.add(hash(demand));
      keys.add(set(demand));
      arguments.add(Integer.toString(demand.claims().size()));
      for (Claim claim : demand.claims()) {
        long difference =
            switch (claim.measure()) {
              case TOKENS_PER_MINUTE, TOKENS_PER_DAY -> tokens - claim.amount();
              case COST_PER_DAY -> nanoDollars - claim.amount();
              case REQUESTS_PER_MINUTE, REQUESTS_PER_DAY, MAX_CONCURRENT -> 0;
            };
        corrects |= difference != 0 || claim.measure() == Measure.MAX_CONCURRENT;
        arguments.add(number(claim.measure()));
        arguments.add(Long.toString(difference));
      }
    }
    if (corrects) { // not asked twice: what goes back must not go back again
      link.askOnce(client -> Script.LIMIT_SETTLE.run(client, keys, arguments));
    }
  }

  @Override
  public boolean isAvailable() {
    return !closed && link.isUp();
  }

  @Override
  public void close() {
    closed = true; // the connections are those of logs and values
  }

  /** The script's number of a measure. */
  private static String number(Measure measure) {
    return switch (measure) {
      case REQUESTS_PER_MINUTE -> "0";
      case TOKENS_PER_MINUTE -> "1";
      case REQUESTS_PER_DAY -> "2";
      case TOKENS_PER_DAY -> "3";
      case COST_PER_DAY -> "4";
      case MAX_CONCURRENT -> "5";
    };
  }

  private String hash(Demand demand) {
    return prefix + demand.rule() + ":of:" + demand.name();
  }

  private String set(Demand demand) {
    return prefix + demand.rule() + ":now:" + demand.name();
  }

  private void checkOpen() throws StoreException {
    if (closed) {
      throw StoreTexts.closed();
    }
  }
}

package llm.bench.load;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A closed loop of HTTP requests over connections that stay open: each sends the next request when
 * the answer to its last is complete. It can pause and go on, so that rounds of several targets
 * alternate over warm connections. A few event loops carry all connections. The methods are for one
 * thread.
 */
public final class Load implements AutoCloseable {
  private static final Duration PAUSE_LIMIT = Duration.ofSeconds(30);

  /** Stands in a request for digits that no other request of the process has. */
  public static final String NUMBER = "#000000000";

  /** Where {@link #NUMBER} begins in the bytes of a request; below 0: nowhere. */
  static int numberAt(byte[] request) {
    return new String(request, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf(NUMBER);
  }

  /**
   * What is asked and of whom.
   *
   * @param name of the target, for messages
   * @param address where it listens
   * @param request the bytes of one request
   * @param connections how many at once
   * @param threads event loops that share them
   * @param tokens tokens that every answer must have; below 0 for any number
   * @param ramp time over which the connections begin after each start
   * @param once whether a connection asks once after each start and is then idle
   */
  public record Plan(
      String name,
      InetSocketAddress address,
      byte[] request,
      int connections,
      int threads,
      int tokens,
      Duration ramp,
      boolean once) {}

  /**
   * What happened since the load was made.
   *
   * @param requests answers that were complete and right
   * @param tokens tokens in all
   * @param errors answers that were not, connections that broke
   */
  public record Counts(long requests, long tokens, long errors) {
    Counts plus(Counts other) {
      return new Counts(requests + other.requests, tokens + other.tokens, errors + other.errors);
    }

    /** What came after {@code earlier}. */
    public Counts since(Counts earlier) {
      return new Counts(
          requests - earlier.requests, tokens - earlier.tokens, errors - earlier.errors);
    }
  }

  private final Plan plan;
  private final List<LoadThread> threads = new ArrayList<>();

  /** Makes the event loops; connections are opened by the first start. */
  public Load(Plan plan) {
    this.plan = plan;
    for (int i = 0; i < plan.threads; i++) {
      int share = (plan.connections + plan.threads - 1 - i) / plan.threads;
      var thread = new LoadThread(plan, i, share);
      thread.start();
      threads.add(thread);
    }
  }

  /** What is asked and of whom. */
  public Plan plan() {
    return plan;
  }

  /** Every connection begins to ask; those that were closed meanwhile are opened again. */
  public void resume() {
    threads.forEach(LoadThread::resume);
  }

  /** No connection asks again; waits, at most 30 s, until each has its answer. */
  public void pause() {
    threads.forEach(LoadThread::pause);
    threads.forEach(t -> t.awaitIdle(PAUSE_LIMIT));
  }

  /** The counts so far. */
  public Counts counts() {
    return threads.stream().map(LoadThread::counts).reduce(new Counts(0, 0, 0), Counts::plus);
  }

  /** Connections that are open. */
  public long open() {
    return threads.stream().mapToLong(LoadThread::open).sum();
  }

  /** Begins new distributions and returns those since the last call. */
  public Distributions takeDistributions() {
    var all = new Distributions();
    for (LoadThread thread : threads) {
      all.add(thread.takeDistributions());
    }
    return all;
  }

  /** The first thing that went wrong; empty when nothing did. */
  public String firstError() {
    return threads.stream()
        .map(LoadThread::firstError)
        .filter(e -> !e.isEmpty())
        .findFirst()
        .orElse("");
  }

  @Override
  public void close() {
    threads.forEach(LoadThread::shutDown);
  }
}

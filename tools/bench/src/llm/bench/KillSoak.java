package llm.bench;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.bench.kill.Comparison;
import llm.bench.kill.KillClient;
import llm.bench.kill.KillCounts;
import llm.bench.kill.RedisServer;
import llm.bench.kill.Victim;
import llm.bench.local.Fields;
import llm.bench.system.BenchFailure;
import llm.bench.system.Machine;
import llm.bench.system.Server;
import llm.bench.system.Workbench;

/**
 * The running server, or its Redis, under SIGKILL at random moments while clients talk: whether
 * everything that was acknowledged is there at the end, once and in its place.
 */
public final class KillSoak {
  private static final Duration PROGRESS = Duration.ofSeconds(10);
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** The longest time that something is left alone. */
  private static final int MOST_MILLIS = 1000;

  /** The same one time in four: a server that has just begun is slow and does little. */
  private static final int LONG_MILLIS = 5000;

  /** Fewer than are talked in, so that some are read from the store again and again. */
  private static final int FEW_RESIDENT = 8;

  /** All: what is not in memory cannot go on without the store. */
  private static final int RESIDENT = 10_000;

  private static final int KILLED_IN_START_ONE_IN = 8;

  private final Args args;
  private final int kills;
  private final int clients;
  private final boolean killsRedis;
  private final boolean usesRedis;
  private final long seed;
  private final SplittableRandom random;
  private final KillCounts counts = new KillCounts();
  private final AtomicBoolean talking = new AtomicBoolean(true);
  private int killed;
  private long longestStartMillis;
  private long toldNanos = System.nanoTime();

  private KillSoak(Args args) {
    this.args = args;
    this.kills = args.number("--kills", 1, 100_000);
    this.clients = args.number("--clients", 1, 64);
    this.killsRedis = oneOf("--kill", "server", "redis").equals("redis");
    this.usesRedis = oneOf("--store", "journal", "redis").equals("redis");
    if (killsRedis && !usesRedis) {
      throw new BenchFailure("--kill redis needs --store redis");
    }
    this.seed = args.seed();
    this.random = new SplittableRandom(seed);
  }

  private String oneOf(String option, String first, String second) {
    String given = args.value(option);
    if (!given.equals(first) && !given.equals(second)) {
      throw new BenchFailure(option + " " + given + " is neither " + first + " nor " + second);
    }
    return given;
  }

  /** Options as {@code tools/soak --help} tells them; exits with 1 when something failed. */
  public static void main(String[] arguments) {
    Commands.run(() -> {
      var options =
          List.of(
              "--kill=server",
              "--store=journal",
              "--kills=50",
              "--clients=8",
              "--seed=",
              "--server=auto",
              "--redis-server=");
      new KillSoak(Args.parse(arguments, options)).run();
    });
  }

  private void run() {
    Workbench bench = Workbench.open("kill");
    Server.Launcher launcher = Server.launcher(bench.root(), args.value("--server"));
    System.err.println(Machine.facts(bench.root()) + "\nserver   " + launcher.words());
    Commands.progress("seed " + seed + ", " + clients + " clients, " + kills + " kills");
    Optional<RedisServer> redis =
        usesRedis
            ? Optional.of(RedisServer.start(bench, args.value("--redis-server")))
            : Optional.empty();
    try (Victim server = new Victim(bench, launcher, killsRedis ? RESIDENT : FEW_RESIDENT, redis)) {
      soak(server, redis);
    } catch (BenchFailure | UncheckedIOException failure) {
      counts.fail(failure.getMessage());
    } finally {
      redis.ifPresent(RedisServer::close);
    }
    summary();
  }

  private void soak(Victim server, Optional<RedisServer> redis) {
    List<KillClient> talkers =
        IntStream.range(0, clients)
            .mapToObj(i ->
                new KillClient(
                    "c" + i, server.port(), seed * 31 + i, !killsRedis, counts, talking::get))
            .toList();
    List<Thread> threads =
        talkers.stream().map(talker -> Thread.ofPlatform().daemon().start(talker)).toList();
    while (killed < kills && !counts.failed()) {
      pause();
      if (killsRedis) {
        killRedis(server, redis.orElseThrow());
      } else {
        killServer(server);
      }
      killed++;
      progress();
    }
    talking.set(false);
    threads.forEach(KillSoak::join);
    if (!counts.failed()) {
      compare(server, talkers);
    }
  }

  private void pause() {
    int most = random.nextInt(4) == 0 ? LONG_MILLIS : MOST_MILLIS;
    Runner.sleep(Duration.ofMillis(1 + random.nextInt(most)));
  }

  private void killServer(Victim server) {
    server.kill();
    server.start();
    if (random.nextInt(KILLED_IN_START_ONE_IN) == 0) {
      // While it opens its store, or repairs what the kill before has left.
      pause();
      server.kill();
      server.start();
    }
    longestStartMillis = Math.max(longestStartMillis, server.awaitHealthy());
  }

  /** The server goes on: it says that it is degraded, and answers; then it catches up. */
  private void killRedis(Victim server, RedisServer redis) {
    // None can be opened without the store: these are what goes on.
    await("conversations are not opened", () -> counts.openTalks() > clients);
    redis.kill();
    long before = counts.undurableTurns();
    await("/health is not degraded", () -> server.health().equals("degraded"));
    await("no turn goes on without the store", () -> counts.undurableTurns() > before);
    pause();
    redis.start();
    await("/health stays degraded", () -> server.health().equals("ok"));
    await("the backlog is not written", () -> server.backlogBytes() == 0);
    long after = counts.durableTurns();
    await("no turn is durable again", () -> counts.durableTurns() > after);
  }

  private void await(String otherwise, BooleanSupplier condition) {
    if (!Trials.await(LIMIT, () -> condition.getAsBoolean() || counts.failed())) {
      counts.fail(otherwise + " " + LIMIT.toSeconds() + " s around kill " + (killed + 1));
    }
  }

  private void compare(Victim server, List<KillClient> talkers) {
    server.kill(); // what it has in memory must not help
    server.start();
    server.awaitHealthy();
    Commands.progress("compares; " + counts);
    var talks = talkers.stream().flatMap(talker -> talker.talks().stream()).toList();
    new Comparison(server.port(), counts).of(talks);
  }

  private void progress() {
    if (System.nanoTime() - toldNanos >= PROGRESS.toNanos()) {
      toldNanos = System.nanoTime();
      Commands.progress(killed + " of " + kills + " kills; " + counts);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void summary() {
    List<String> failures = new ArrayList<>(counts.failures());
    String text =
        String.format(
            Locale.ROOT,
            "{\"soak\":\"kill\",\"killed\":\"%s\",\"store\":\"%s\",\"seed\":%d,\"seconds\":%d,"
                + "\"clients\":%d,\"kills\":%d,\"longest_start_ms\":%d,%s,"
                + "\"passed\":%b,\"failures\":[%s]}",
            args.value("--kill"),
            args.value("--store"),
            seed,
            Commands.elapsedNanos() / 1_000_000_000,
            clients,
            killed,
            longestStartMillis,
            counts.json(),
            failures.isEmpty(),
            failures.stream().map(Fields::quoted).collect(Collectors.joining(",")));
    System.out.println(text);
    args.json().ifPresent(file -> Report.write(file, text + "\n"));
    if (!failures.isEmpty()) {
      throw new BenchFailure(String.join("; ", failures) + ". Repeat it with --seed " + seed + ".");
    }
  }
}

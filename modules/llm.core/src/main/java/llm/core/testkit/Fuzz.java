package llm.core.testkit;

import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A seeded fuzz run: some rounds in each build, minutes when {@code tools/fuzz} asks. A driver is a
 * JUnit test with the tags {@code fuzz} and its target's name:
 *
 * <pre>{@code
 * @Test
 * @Tag("fuzz")
 * @Tag("json")
 * void whateverTheBytesItIsReadOrRefused() {
 *   Fuzz.target("json").rounds(4_000).run(random -> mutated(random), (input, random) -> check(input));
 * }
 * }</pre>
 *
 * <p>Every round has generators of its own, made from seed and round: a failure is repeated by
 * these two numbers alone, however long the run was. System properties, all optional:
 *
 * <ul>
 *   <li>{@code fuzz.seconds}: run that long instead of the rounds of a build
 *   <li>{@code fuzz.seed}: the seed instead of the driver's own
 *   <li>{@code fuzz.round}: run this round alone
 * </ul>
 */
public final class Fuzz {
  private static final long DEFAULT_SEED = 20_260_102;
  private static final int DEFAULT_ROUNDS = 2_000;

  /** Bytes of an input that a failure shows; the rest is had by repeating it. */
  private static final int MAX_SHOWN_BYTES = 64 * 1024;

  /** A round that takes longer hangs; none takes a second. */
  private static final long HANG_NANOS = Duration.ofSeconds(60).toNanos();

  /** Spreads neighbouring rounds over the generator's states (the constant of SplitMix64). */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private final String target;
  private final int rounds;
  private final long seed;
  private volatile Round current;

  private record Round(long seed, long number, byte[] input, long startNanos) {}

  /** What must hold for each input; anything thrown is a finding. */
  @FunctionalInterface
  public interface Check {
    /**
     * Tries one input.
     *
     * @param random for what is not in the bytes, as the places where they are split; the same
     *     again when the round is repeated
     */
    void accept(byte[] input, Random random) throws Exception;
  }

  private Fuzz(String target, int rounds, long seed) {
    this.target = target;
    this.rounds = rounds;
    this.seed = seed;
  }

  /** A run against what the tag {@code target} names. */
  public static Fuzz target(String target) {
    return new Fuzz(target, DEFAULT_ROUNDS, DEFAULT_SEED);
  }

  /** How many rounds a build runs; keep them within a second or two. */
  public Fuzz rounds(int count) {
    return new Fuzz(target, count, seed);
  }

  /** Which seed a build runs. */
  public Fuzz seed(long number) {
    return new Fuzz(target, rounds, number);
  }

  /**
   * Runs, and prints target, seed, rounds and time.
   *
   * @param inputs makes a round's input
   * @return how many rounds were run
   * @throws AssertionError at the first finding: its cause, the input in hex, how to repeat it
   */
  public long run(Function<Random, byte[]> inputs, Check check) {
    long chosen = Long.getLong("fuzz.seed", seed);
    Long only = Long.getLong("fuzz.round");
    Integer seconds = Integer.getInteger("fuzz.seconds");
    long limitNanos = seconds == null ? Long.MAX_VALUE : Duration.ofSeconds(seconds).toNanos();
    long first = only == null ? 0 : only;
    long limit = only != null ? 1 : seconds != null ? Long.MAX_VALUE : rounds;
    var over = new CountDownLatch(1);
    Thread driver = Thread.currentThread();
    Thread.ofPlatform().name("fuzz-watch").daemon().start(() -> watch(driver, over));
    long start = System.nanoTime();
    long done = 0;
    try {
      while (done < limit && System.nanoTime() - start < limitNanos) {
        round(chosen, first + done++, inputs, check);
      }
    } finally {
      over.countDown();
    }
    report(chosen, done, System.nanoTime() - start);
    return done;
  }

  private void round(long chosen, long round, Function<Random, byte[]> inputs, Check check) {
    long state = chosen + SPREAD * (round + 1);
    byte[] input = inputs.apply(new Random(state));
    byte[] shown = input.clone(); // a check may write into its input
    current = new Round(chosen, round, shown, System.nanoTime());
    try {
      check.accept(input, new Random(~state));
    } catch (Exception | Error finding) {
      throw new AssertionError(describe(current, finding.toString()), finding);
    }
  }

  /** Ends the process over a round that hangs: a parser's loop hears no interrupt. */
  private void watch(Thread driver, CountDownLatch over) {
    try {
      while (!over.await(1, TimeUnit.SECONDS)) {
        Round slow = current;
        if (slow != null && System.nanoTime() - slow.startNanos() > HANG_NANOS) {
          System.out.println(describe(slow, "hangs"));
          Stream.of(driver.getStackTrace()).forEach(frame -> System.out.println("  at " + frame));
          System.out.flush();
          Runtime.getRuntime().halt(1);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // nobody does; the watch ends with it
    }
  }

  private String describe(Round at, String finding) {
    byte[] input = at.input();
    int length = Math.min(input.length, MAX_SHOWN_BYTES);
    return "fuzz %s: %s%n  seed %d, round %d, input of %d bytes in hex%s:%n  %s%n  repeat: %s"
        .formatted(
            target,
            finding,
            at.seed(),
            at.number(),
            input.length,
            length < input.length ? ", the first " + length : "",
            HexFormat.of().formatHex(input, 0, length),
            "tools/fuzz --target %s --seed %d --round %d"
                .formatted(target, at.seed(), at.number()));
  }

  private void report(long chosen, long done, long nanos) {
    System.out.println(
        String.format(
            Locale.ROOT,
            "fuzz %s: seed %d, %d rounds in %.1f s, no finding",
            target,
            chosen,
            done,
            nanos / 1e9));
  }
}

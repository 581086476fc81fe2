package llm.bench.local;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * One client of a soak: asks again and again, with prompts that are new or begin as earlier ones,
 * of random lengths, temperatures and seeds; leaves one answer in four, and asks now and then for
 * more than the window holds, which must be refused. The order of its requests depends on its seed
 * alone.
 */
public final class SoakClient implements Runnable {
  private static final int MAX_PROMPT = 300;
  private static final int MAX_TOKENS = 200;
  private static final int TOO_LONG = GeneratedModel.TINY.contextTokens() + 100;
  private static final int KNOWN_PROMPTS = 6;

  private final int port;
  private final SoakCounts counts;
  private final long end;
  private final SplittableRandom random;
  private final Prompts prompts;
  private final List<String> known;

  /**
   * A client.
   *
   * @param known prompts that one half of its own begin with
   * @param end nanoTime after which it asks no more
   */
  public SoakClient(int port, long seed, List<String> known, SoakCounts counts, long end) {
    this.port = port;
    this.counts = counts;
    this.end = end;
    this.random = new SplittableRandom(seed);
    this.prompts = new Prompts(seed + 1);
    this.known = known;
  }

  /** Prompts that the clients' own begin with. */
  public static List<String> known(long seed) {
    var random = new SplittableRandom(seed);
    var prompts = new Prompts(seed);
    return Stream.generate(() -> prompts.of(2 + random.nextInt(MAX_PROMPT)))
        .limit(KNOWN_PROMPTS)
        .toList();
  }

  /** A client that breaks is a failure of the soak: nobody would miss its requests else. */
  @Override
  public void run() {
    try {
      askUntilTheEnd();
    } catch (RuntimeException bug) {
      counts.fail("a client broke: " + bug);
    }
  }

  private void askUntilTheEnd() {
    while (System.nanoTime() < end && !counts.failed()) {
      boolean tooLong = random.nextInt(50) == 0;
      Question question = question(tooLong);
      Answer answer = Completion.ask(port, question);
      if (right(question, answer, tooLong)) {
        counts.add(answer);
      } else {
        counts.fail(
            "a wrong end: "
                + answer.end()
                + ", status "
                + answer.status()
                + ", terminal events "
                + answer.ends()
                + ", tokens "
                + answer.completionTokens()
                + " of "
                + question.maxTokens()
                + " "
                + answer.detail());
      }
    }
  }

  private Question question(boolean tooLong) {
    String prompt =
        tooLong
            ? prompts.of(TOO_LONG)
            : random.nextBoolean()
                ? prompts.of(2 + random.nextInt(MAX_PROMPT))
                : known.get(random.nextInt(KNOWN_PROMPTS)) + prompts.of(2 + random.nextInt(20));
    int tokens = 1 + random.nextInt(MAX_TOKENS);
    double temperature = random.nextInt(3) == 0 ? 0 : 0.7;
    boolean leaves = random.nextInt(4) == 0;
    int after = leaves ? 1 + random.nextInt(tokens) : 0;
    return new Question(prompt, tokens, temperature, random.nextInt(1 << 30), after, "");
  }

  /** Models with random weights never end by themselves: an answer has what was asked for. */
  private static boolean right(Question question, Answer answer, boolean tooLong) {
    return switch (answer.end()) {
      case DONE ->
          !tooLong && answer.ends() == 1 && answer.completionTokens() == question.maxTokens();
      case LEFT -> question.cancelAfter() > 0 && answer.ends() <= 1;
      case REFUSED -> tooLong && answer.status() == 400;
      case ERROR_FRAME, CUT -> false;
    };
  }
}

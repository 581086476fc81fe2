package llm.gpu.draft;

/**
 * How long a draft model takes, in nanoseconds as of late. Until there were several times to
 * compare, the shortest counts: other work on the machine makes them longer, never shorter. One
 * thread.
 */
final class DraftCosts {
  private static final int LAST = 5;
  private static final int ENOUGH = 3;

  private final Median[] rounds; // by answers
  private final Median reading = new Median(LAST); // of a token

  /** For at most so many answers at once. */
  DraftCosts(int answers) {
    this.rounds = new Median[answers + 1];
    for (int i = 0; i < rounds.length; i++) {
      rounds[i] = new Median(LAST);
    }
  }

  /** Learns what drafting for so many answers took. */
  void took(int answers, Drafter.Took took) {
    if (took.rounds() > 0) {
      rounds[Math.min(answers, rounds.length - 1)].add(took.roundNanos());
    }
    if (took.read() > 0) {
      reading.add((double) took.readNanos() / took.read());
    }
  }

  /** Whether guesses for as many answers, or the next number seen, were made often enough. */
  boolean isKnown(int answers) {
    return rounds[nearest(answers)].count() >= ENOUGH;
  }

  /** One guess for each of so many answers; as for the next number that was seen, 0 for none. */
  double round(int answers) {
    return of(rounds[nearest(answers)]);
  }

  /** Reading so many tokens; at worst one by one. */
  double reading(int tokens) {
    return tokens * (reading.count() > 0 ? of(reading) : round(1));
  }

  private static double of(Median times) {
    return times.count() < ENOUGH ? times.smallest() : times.value();
  }

  private int nearest(int answers) {
    int most = rounds.length - 1;
    for (int at = Math.min(answers, most); at > 0; at--) {
      if (rounds[at].count() > 0) {
        return at;
      }
    }
    for (int at = Math.min(answers, most); at <= most; at++) {
      if (rounds[at].count() > 0) {
        return at;
      }
    }
    return 0;
  }
}

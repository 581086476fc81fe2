package llm.gpu.draft;

/** How long a draft model takes, in nanoseconds as of late. One thread. */
final class DraftCosts {
  private static final int LAST = 5;

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

  /** Whether anything was drafted yet. */
  boolean isKnown() {
    return nearest(rounds.length - 1) > 0;
  }

  /** One guess for each of so many answers; as for the next number that was seen, 0 for none. */
  double round(int answers) {
    int at = nearest(answers);
    return rounds[at].value();
  }

  /** Reading so many tokens; at worst one by one. */
  double reading(int tokens) {
    return tokens * (reading.count() > 0 ? reading.value() : round(1));
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

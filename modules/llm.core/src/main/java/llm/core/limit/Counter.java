package llm.core.limit;

/** What is counted against one limit of one bucket. For one thread at a time. */
sealed interface Counter {
  /** How much counts now. */
  long used(long nowMillis);

  /**
   * Milliseconds until {@code amount} more fits into {@code limit} if nobody else asks; 1 or more.
   */
  long untilRoom(long amount, long limit, long nowMillis);

  /** Milliseconds until nothing counts any more if nobody asks; 0 or more. */
  long untilEmpty(long nowMillis);

  /** Counts {@code amount} more. */
  void add(long amount, long nowMillis);

  /** Corrects what was counted at {@code atMillis} by {@code difference}. */
  void correct(long difference, long atMillis, long nowMillis);

  /**
   * The last 60 seconds. What came within one second of the clock is one slot, which counts until
   * its last part is 60 seconds old: so no part counts too short, and there are never more than 61
   * of them, however much comes.
   */
  final class Minute implements Counter {
    private static final long SPAN_MILLIS = 60_000;
    private static final long SLOT_MILLIS = 1_000;
    private static final int MOST_SLOTS = 64; // a power of two above 61
    private static final int FIRST_SLOTS = 4;

    private long[] lasts = new long[FIRST_SLOTS]; // of each slot, when its last part came
    private long[] amounts = new long[FIRST_SLOTS];
    private int head; // index of the oldest
    private int count;
    private long total;

    @Override
    public long used(long nowMillis) {
      while (count > 0 && lasts[head] + SPAN_MILLIS <= nowMillis) {
        total -= amounts[head];
        head = (head + 1) & (lasts.length - 1);
        count--;
      }
      return total;
    }

    @Override
    public long untilRoom(long amount, long limit, long nowMillis) {
      long over = used(nowMillis) + amount - limit;
      for (int i = 0; i < count && over > 0; i++) {
        over -= amounts[at(i)];
        if (over <= 0) {
          return lasts[at(i)] + SPAN_MILLIS - nowMillis;
        }
      }
      return 1;
    }

    @Override
    public long untilEmpty(long nowMillis) {
      used(nowMillis);
      return count == 0 ? 0 : lasts[at(count - 1)] + SPAN_MILLIS - nowMillis;
    }

    @Override
    public void add(long amount, long nowMillis) {
      used(nowMillis);
      if (count == 0 || lasts[at(count - 1)] / SLOT_MILLIS != nowMillis / SLOT_MILLIS) {
        grow();
        amounts[at(count)] = 0;
        count++;
      }
      lasts[at(count - 1)] = nowMillis;
      amounts[at(count - 1)] += amount;
      total += amount;
    }

    @Override
    public void correct(long difference, long atMillis, long nowMillis) {
      if (difference > 0) {
        add(difference, nowMillis);
        return;
      }
      used(nowMillis);
      for (int i = 0; i < count; i++) {
        if (lasts[at(i)] / SLOT_MILLIS == atMillis / SLOT_MILLIS) {
          long less = Math.min(amounts[at(i)], -difference);
          amounts[at(i)] -= less;
          total -= less;
          return;
        }
      }
    }

    private int at(int index) {
      return (head + index) & (lasts.length - 1);
    }

    private void grow() {
      if (count < lasts.length) {
        return;
      }
      int size = Math.min(MOST_SLOTS, lasts.length * 2);
      long[] moreLasts = new long[size];
      long[] moreAmounts = new long[size];
      for (int i = 0; i < count; i++) {
        moreLasts[i] = lasts[at(i)];
        moreAmounts[i] = amounts[at(i)];
      }
      lasts = moreLasts;
      amounts = moreAmounts;
      head = 0;
    }
  }

  /** The day of UTC. */
  final class Day implements Counter {
    static final long MILLIS = 86_400_000;

    private long day;
    private long used;

    @Override
    public long used(long nowMillis) {
      long today = Math.floorDiv(nowMillis, MILLIS);
      if (today != day) {
        day = today;
        used = 0;
      }
      return used;
    }

    @Override
    public long untilRoom(long amount, long limit, long nowMillis) {
      return MILLIS - Math.floorMod(nowMillis, MILLIS);
    }

    @Override
    public long untilEmpty(long nowMillis) {
      return used(nowMillis) == 0 ? 0 : untilRoom(0, 0, nowMillis);
    }

    @Override
    public void add(long amount, long nowMillis) {
      used = used(nowMillis) + amount;
    }

    @Override
    public void correct(long difference, long atMillis, long nowMillis) {
      used(nowMillis);
      if (Math.floorDiv(atMillis, MILLIS) == day) {
        used = Math.max(0, used + difference);
      }
    }
  }

  /** What is under way; ended by a correction of -1. */
  final class Running implements Counter {
    private static final long GUESS_MILLIS = 1_000;

    private long running;

    @Override
    public long used(long nowMillis) {
      return running;
    }

    @Override
    public long untilRoom(long amount, long limit, long nowMillis) {
      return GUESS_MILLIS;
    }

    @Override
    public long untilEmpty(long nowMillis) {
      return 0; // nobody knows when they end
    }

    @Override
    public void add(long amount, long nowMillis) {
      running += amount;
    }

    @Override
    public void correct(long difference, long atMillis, long nowMillis) {
      running = Math.max(0, running + difference);
    }
  }
}

package llm.core.schema.grammar.automaton;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import llm.core.schema.grammar.automaton.Dfa.Edge;

/** The decimal numbers that are multiples of another, by the remainder of what is read. */
public final class Multiples {
  private Multiples() {}

  /**
   * Texts of digits, perhaps with a sign and a point.
   *
   * @param step what they are multiples of, in units of the last digit behind the point
   * @param fraction the most digits behind the point; left out, they are zeros
   */
  public static Dfa of(int step, int fraction) throws AutomatonTooLarge {
    int blocks = fraction + 2; // before the point; behind it with no digit, one, two …
    if ((long) step * blocks > Dfa.MOST_STATES) {
      throw new AutomatonTooLarge();
    }
    var edges = new ArrayList<List<Edge>>();
    var ends = new BitSet();
    for (int block = 0; block < blocks; block++) {
      int digits = Math.max(0, block - 1);
      long scale = power(fraction - digits, step);
      for (int rest = 0; rest < step; rest++) {
        int state = block * step + rest;
        ends.set(state, rest * scale % step == 0);
        var out = new ArrayList<Edge>();
        if (state == 0) {
          out.add(new Edge('-', '-', 0));
        }
        if (block == 0 && fraction > 0) {
          out.add(new Edge('.', '.', step + rest));
        }
        int next = block == 0 ? 0 : block + 1;
        for (int digit = 0; digit < 10 && next < blocks; digit++) {
          int target = next * step + (rest * 10 + digit) % step;
          out.add(new Edge('0' + digit, '0' + digit, target));
        }
        edges.add(out);
      }
    }
    return Dfa.of(edges, ends);
  }

  private static long power(int exponent, int modulus) {
    long power = 1 % modulus;
    for (int i = 0; i < exponent; i++) {
      power = power * 10 % modulus;
    }
    return power;
  }
}

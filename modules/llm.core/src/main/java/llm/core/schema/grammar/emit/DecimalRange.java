package llm.core.schema.grammar.emit;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import llm.core.schema.grammar.automaton.CharSet;
import llm.core.schema.grammar.automaton.Regex;

/**
 * The texts of the decimal numbers of a range, digit by digit: while a number begins as the bound
 * does, its next digit is held to the bound's.
 */
final class DecimalRange {
  private static final Regex EMPTY = new Regex.Seq(List.of());

  private final int whole;
  private final int fraction;
  private final String low;
  private final String high;

  private DecimalRange(int whole, int fraction, BigInteger low, BigInteger high) {
    this.whole = whole;
    this.fraction = fraction;
    this.low = padded(low);
    this.high = padded(high);
  }

  /**
   * Numbers from one to another, both among them.
   *
   * @param low in units of the last digit behind the point
   * @param high likewise
   * @param fraction the most digits behind the point; those that are zeros may be left out
   */
  static Regex of(BigInteger low, BigInteger high, int fraction) {
    var choices = new ArrayList<Regex>();
    if (high.signum() >= 0) {
      positive(low.max(BigInteger.ZERO), high, fraction, choices);
    }
    if (low.signum() < 0) {
      var below = new ArrayList<Regex>();
      positive(high.negate().max(BigInteger.ONE), low.negate(), fraction, below);
      choices.add(new Regex.Seq(List.of(new Regex.Chars(CharSet.of('-')), new Regex.Alt(below))));
    }
    return new Regex.Alt(choices);
  }

  private static void positive(BigInteger low, BigInteger high, int fraction, List<Regex> choices) {
    BigInteger unit = BigInteger.TEN.pow(fraction);
    BigInteger first = BigInteger.ZERO;
    BigInteger end = unit.multiply(BigInteger.TEN);
    for (int whole = 1; first.compareTo(high) <= 0; whole++) {
      BigInteger from = low.max(first);
      BigInteger to = high.min(end.subtract(BigInteger.ONE));
      if (from.compareTo(to) <= 0) {
        choices.add(new DecimalRange(whole, fraction, from, to).from(0, true, true));
      }
      first = end;
      end = end.multiply(BigInteger.TEN);
    }
  }

  private Regex from(int at, boolean likeLow, boolean likeHigh) {
    boolean onLow = likeLow && !low.substring(at).matches("0*");
    boolean onHigh = likeHigh && !high.substring(at).matches("9*");
    if (!onLow && !onHigh) {
      return free(at);
    }
    if (at == whole + fraction) {
      return EMPTY;
    }
    Regex digits = digits(at, onLow, onHigh);
    if (at == whole) {
      digits = new Regex.Seq(List.of(new Regex.Chars(CharSet.of('.')), digits));
    }
    boolean mayStop = at >= whole && !onLow;
    return mayStop ? new Regex.Repeat(digits, 0, 1) : digits;
  }

  private Regex digits(int at, boolean onLow, boolean onHigh) {
    char least = onLow ? low.charAt(at) : '0';
    char most = onHigh ? high.charAt(at) : '9';
    if (onLow && onHigh && least == most) {
      return then(CharSet.of(least), from(at + 1, true, true));
    }
    var choices = new ArrayList<Regex>();
    char first = least;
    char last = most;
    if (onLow) {
      choices.add(then(CharSet.of(least), from(at + 1, true, false)));
      first++;
    }
    if (onHigh) {
      choices.add(then(CharSet.of(most), from(at + 1, false, true)));
      last--;
    }
    if (first <= last) {
      choices.add(then(CharSet.of(first, last), free(at + 1)));
    }
    return new Regex.Alt(choices);
  }

  private Regex free(int at) {
    var digit = new Regex.Chars(CharSet.of('0', '9'));
    if (at > whole) {
      return new Regex.Repeat(digit, 0, whole + fraction - at);
    }
    Regex rest = new Regex.Repeat(digit, whole - at, whole - at);
    if (fraction == 0) {
      return rest;
    }
    Regex point =
        new Regex.Seq(
            List.of(new Regex.Chars(CharSet.of('.')), new Regex.Repeat(digit, 1, fraction)));
    return new Regex.Seq(List.of(rest, new Regex.Repeat(point, 0, 1)));
  }

  private static Regex then(CharSet set, Regex rest) {
    return new Regex.Seq(List.of(new Regex.Chars(set), rest));
  }

  private String padded(BigInteger number) {
    String digits = number.toString();
    return "0".repeat(whole + fraction - digits.length()) + digits;
  }
}

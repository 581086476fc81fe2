package llm.core.limit;

import java.math.BigDecimal;

/** Money: billionths of a US dollar as a whole number, dollars with a point for people. */
public final class Dollars {
  /** Billionths of a dollar that make one. */
  public static final long NANOS = 1_000_000_000;

  private static final int DECIMALS = 9;
  private static final long CENT = NANOS / 100;

  private Dollars() {}

  /** The dollars as a decimal number without an exponent, as {@code 0.00125}. */
  public static String text(long nanoDollars) {
    if (nanoDollars == 0) {
      return "0";
    }
    return BigDecimal.valueOf(nanoDollars, DECIMALS).stripTrailingZeros().toPlainString();
  }

  /** A limit of dollars in a sentence: with cents where it has no smaller parts. */
  static String sentence(long nanoDollars) {
    return nanoDollars % CENT == 0
        ? "$" + BigDecimal.valueOf(nanoDollars / CENT, 2).toPlainString()
        : "$" + text(nanoDollars);
  }
}

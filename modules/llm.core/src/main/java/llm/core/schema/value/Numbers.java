package llm.core.schema.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import llm.core.schema.JsonNode.NumberNode;

/**
 * JSON's numbers as they are, without rounding. Their exponents have a limit, and nothing here
 * writes a number out: {@code 1e999999999} costs what it is long.
 */
public final class Numbers {
  /** Digits of an exponent. */
  public static final int MOST_EXPONENT_DIGITS = 9;

  private Numbers() {}

  /** Whether its exponent is one that can be compared. */
  public static boolean isSane(NumberNode number) {
    String text = number.text();
    int e = Math.max(text.indexOf('e'), text.indexOf('E'));
    if (e < 0) {
      return true;
    }
    int at = e + 1;
    while (at < text.length() && "+-0".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return text.length() - at <= MOST_EXPONENT_DIGITS;
  }

  /** The number, exactly. */
  public static BigDecimal of(NumberNode number) {
    return new BigDecimal(number.text());
  }

  /** {@code 1.0} and {@code 1e3} are. */
  public static boolean isWhole(BigDecimal number) {
    return number.signum() == 0 || number.stripTrailingZeros().scale() <= 0;
  }

  /** Whether {@code number} is {@code of} times a whole number; {@code of} is positive. */
  public static boolean isMultiple(BigDecimal number, BigDecimal of) {
    if (number.signum() == 0) {
      return true;
    }
    BigDecimal stripped = number.stripTrailingZeros();
    BigDecimal divisor = of.stripTrailingZeros();
    long shift = (long) divisor.scale() - stripped.scale();
    if (shift < 0) {
      return false; // it has decimals that no multiple has: its digits do not end in 0
    }
    BigInteger modulus = divisor.unscaledValue();
    return stripped
            .unscaledValue()
            .multiply(BigInteger.TEN.modPow(BigInteger.valueOf(shift), modulus))
            .mod(modulus)
            .signum()
        == 0;
  }
}

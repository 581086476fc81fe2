package llm.core.template.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Optional;

/** Numbers as Python has them: whole ones without end, others of 64 bits. */
public final class Numbers {
  private static final int MAX_BITS = 4_096; // of a whole number

  private Numbers() {}

  /** A number's value, a truth's 0 or 1; empty for what is none, and for infinity. */
  public static Optional<BigDecimal> find(Value value) {
    return switch (value) {
      case Value.Bool(boolean truth) -> Optional.of(truth ? BigDecimal.ONE : BigDecimal.ZERO);
      case Value.Int(BigInteger number) -> Optional.of(new BigDecimal(number));
      case Value.Real(double number) when Double.isFinite(number) ->
          Optional.of(new BigDecimal(number));
      default -> Optional.empty();
    };
  }

  public static Optional<BigInteger> findWhole(Value value) {
    return switch (value) {
      case Value.Bool(boolean truth) -> Optional.of(truth ? BigInteger.ONE : BigInteger.ZERO);
      case Value.Int(BigInteger number) -> Optional.of(number);
      default -> Optional.empty();
    };
  }

  /** A whole number that fits into 32 bits. */
  public static int index(Value value, Arguments where) throws TemplateException {
    Optional<BigInteger> number = findWhole(value).filter(whole -> whole.bitLength() < 32);
    return number
        .orElseThrow(() -> where.error(Values.kind(value) + " is no whole number"))
        .intValue();
  }

  public static Value compute(String operator, Value left, Value right, int line)
      throws TemplateException {
    Optional<BigInteger> a = findWhole(left);
    Optional<BigInteger> b = findWhole(right);
    if (a.isPresent() && b.isPresent() && !operator.equals("/")) {
      return whole(operator, a.get(), b.get(), line);
    }
    if (find(left).isEmpty() || find(right).isEmpty()) {
      throw TemplateException.at(
          line,
          "'"
              + operator
              + "' does not go with "
              + Values.kind(left)
              + " and "
              + Values.kind(right));
    }
    double x = find(left).get().doubleValue();
    double y = find(right).get().doubleValue();
    if (y == 0 && "//%".contains(operator)) {
      throw TemplateException.at(line, "a division by zero");
    }
    return new Value.Real(
        switch (operator) {
          case "+" -> x + y;
          case "-" -> x - y;
          case "*" -> x * y;
          case "/" -> x / y;
          case "//" -> Math.floor(x / y);
          case "%" -> x - Math.floor(x / y) * y;
          default -> Math.pow(x, y);
        });
  }

  private static Value whole(String operator, BigInteger a, BigInteger b, int line)
      throws TemplateException {
    boolean divides = operator.equals("//") || operator.equals("%");
    if (divides && b.signum() == 0) {
      throw TemplateException.at(line, "a division by zero");
    }
    if (operator.equals("**")) {
      if (b.signum() < 0) {
        return new Value.Real(Math.pow(a.doubleValue(), b.doubleValue()));
      }
      boolean large = b.bitLength() > 16 || (long) a.bitLength() * b.intValue() > MAX_BITS;
      return checked(large ? BigInteger.ONE.shiftLeft(MAX_BITS) : a.pow(b.intValue()), line);
    }
    return checked(
        switch (operator) {
          case "+" -> a.add(b);
          case "-" -> a.subtract(b);
          case "*" -> a.multiply(b);
          case "//" -> a.subtract(floorMod(a, b)).divide(b);
          default -> floorMod(a, b);
        },
        line);
  }

  private static BigInteger floorMod(BigInteger a, BigInteger b) {
    BigInteger rest = a.remainder(b);
    return rest.signum() != 0 && rest.signum() != b.signum() ? rest.add(b) : rest;
  }

  private static Value checked(BigInteger number, int line) throws TemplateException {
    if (number.bitLength() > MAX_BITS) {
      throw TemplateException.at(line, "a number of more than " + MAX_BITS + " bits");
    }
    return new Value.Int(number);
  }

  /** As {@code repr} of a Python float: the fewest digits that tell it from its neighbours. */
  public static String print(double number) {
    if (!Double.isFinite(number)) {
      return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    var digits = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = digits.toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String mantissa = digits.unscaledValue().abs().toString();
    String fraction = mantissa.length() > 1 ? "." + mantissa.substring(1) : "";
    String sign = exponent < 0 ? "-" : "+";
    return (number < 0 ? "-" : "")
        + mantissa.charAt(0)
        + fraction
        + "e"
        + sign
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  /** As {@code json.dumps} of Python writes a float. */
  static String json(double number) {
    return Double.isFinite(number)
        ? print(number)
        : Double.isNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
  }

  /** To the nearest, and of two equally near the even one, as Python rounds. */
  public static Value round(double number, int digits) {
    return new Value.Real(
        new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).doubleValue());
  }
}

package llm.core.schema.grammar.emit;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.automaton.AutomatonTooLarge;
import llm.core.schema.grammar.automaton.CharSet;
import llm.core.schema.grammar.automaton.Dfa;
import llm.core.schema.grammar.automaton.Multiples;
import llm.core.schema.grammar.automaton.Nfa;
import llm.core.schema.grammar.document.Json;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.Rules;
import llm.core.schema.grammar.set.NumberSet;
import llm.core.schema.grammar.set.NumberSet.Bound;
import llm.core.schema.grammar.set.NumberSet.Kind;
import llm.core.schema.grammar.text.Pattern;

/**
 * Numbers as rules. Those that are held to anything are written without an exponent and with no
 * more digits than a double keeps, so that all who read them see the same number.
 */
final class NumberRules {
  private static final int DIGITS = 15;
  private static final int USUAL_WHOLE = 9;
  private static final int USUAL_FRACTION = 6;

  /** Digits behind those of the bounds, so that there is something between them. */
  private static final int FINER = 2;

  private static final int MOST_CONSTANT_DIGITS = 18;
  private static final int MOST_STEP = 1_000;
  private static final BigDecimal SAFE = BigDecimal.valueOf((1L << 53) - 1);
  private static final BigDecimal MOST = BigDecimal.valueOf(999_999_999_999_999_999L);

  private final Rules rules;

  NumberRules(Rules rules) {
    this.rules = rules;
  }

  /** A number of these sets. */
  Expr of(List<NumberSet> sets, String name) throws UnsupportedSchema {
    if (sets.stream().anyMatch(NumberSet::isAny)) {
      return any();
    }
    if (sets.stream().allMatch(set -> set.equals(NumberSet.of(Kind.WHOLE, set.path())))) {
      return integer();
    }
    Dfa language = Dfa.NONE;
    for (NumberSet set : sets) {
      try {
        language = language.or(language(set));
      } catch (AutomatonTooLarge tooLarge) {
        throw new UnsupportedSchema(
            set.path(), "what is asked of the number takes " + tooLarge.getMessage());
      }
    }
    String path = sets.getFirst().path();
    return AutomatonRules.of(rules, language, NumberRules::written, name, path);
  }

  /** Any number. */
  Expr any() {
    if (!rules.has("number")) {
      Expr fraction = Expr.seq(Expr.text("."), digits(1, USUAL_FRACTION));
      Expr exponent =
          Expr.seq(
              new Expr.Chars(CharSet.ofPairs("EEee")),
              Expr.optional(new Expr.Chars(CharSet.ofPairs("++--"))),
              digits(1, 2));
      rules.put(
          "number",
          Expr.seq(
              Expr.optional(Expr.text("-")),
              Expr.alt(Expr.text("0"), positive()),
              Expr.optional(fraction),
              Expr.optional(exponent)));
    }
    return new Expr.Ref("number");
  }

  private Expr integer() {
    if (!rules.has("integer")) {
      rules.put(
          "integer", Expr.alt(Expr.text("0"), Expr.seq(Expr.optional(Expr.text("-")), positive())));
    }
    return new Expr.Ref("integer");
  }

  private static Expr positive() {
    return Expr.seq(new Expr.Chars(CharSet.of('1', '9')), digits(0, DIGITS - 1));
  }

  private static Expr digits(int min, int max) {
    return Expr.repeat(new Expr.Chars(CharSet.of('0', '9')), min, max);
  }

  private static Expr written(CharSet set) {
    return set.size() == 1
        ? Expr.text(Character.toString(set.ranges().getFirst().first()))
        : new Expr.Chars(set);
  }

  private static Dfa language(NumberSet set) throws UnsupportedSchema, AutomatonTooLarge {
    if (set.values().isPresent()) {
      return constants(set.values().get(), set);
    }
    Optional<BigDecimal> step = step(set);
    boolean whole = set.kind() == Kind.WHOLE || step.isPresent() && step.get().scale() <= 0;
    Dfa language = whole ? whole(set, step) : decimal(set, step);
    if (set.kind() == Kind.FRACTIONAL) {
      language = language.and(matching("-?[0-9]+\\.[0-9]*[1-9]"));
    }
    for (BigDecimal excluded : set.excluded()) {
      language = language.without(texts(excluded));
    }
    return language;
  }

  private static Dfa constants(Set<BigDecimal> values, NumberSet set)
      throws UnsupportedSchema, AutomatonTooLarge {
    var texts = new ArrayList<String>();
    for (BigDecimal value : values) {
      int most = value.scale() <= 0 ? MOST_CONSTANT_DIGITS : DIGITS;
      if (value.precision() > most || Math.abs((long) value.scale()) > 300) {
        throw new UnsupportedSchema(
            set.path(), Json.Num.text(value) + " has more digits than are sure to be kept");
      }
      texts.add(Json.Num.text(value));
    }
    return Dfa.ofWords(texts);
  }

  /** The number that all are multiples of, without trailing zeros. */
  private static Optional<BigDecimal> step(NumberSet set) throws UnsupportedSchema {
    BigDecimal common = null;
    for (BigDecimal step : set.steps()) {
      common = common == null ? step : leastCommonMultiple(common, step);
    }
    if (common == null) {
      return Optional.empty();
    }
    BigDecimal stripped = common.stripTrailingZeros();
    if (Math.abs(stripped.scale()) > DIGITS || stripped.precision() > DIGITS) {
      throw new UnsupportedSchema(
          set.path(), "multiples of " + Json.Num.text(stripped) + " have too many digits");
    }
    return Optional.of(stripped);
  }

  private static BigDecimal leastCommonMultiple(BigDecimal a, BigDecimal b) {
    int scale = Math.max(Math.max(a.scale(), b.scale()), 0);
    BigInteger x = a.setScale(scale).unscaledValue();
    BigInteger y = b.setScale(scale).unscaledValue();
    return new BigDecimal(x.multiply(y).divide(x.gcd(y)), scale);
  }

  private static Dfa whole(NumberSet set, Optional<BigDecimal> step)
      throws UnsupportedSchema, AutomatonTooLarge {
    BigInteger low = edge(set.low(), BigDecimal.ONE, 0).orElse(bound(set.high()).negate());
    BigInteger high = edge(set.high(), BigDecimal.ONE.negate(), 0).orElse(bound(set.low()));
    low = low.max(MOST.negate().toBigInteger());
    high = high.min(MOST.toBigInteger());
    if (low.compareTo(high) > 0) {
      return none(set);
    }
    Dfa range = Nfa.whole(DecimalRange.of(low, high, 0));
    if (step.isEmpty()) {
      return range;
    }
    // A whole number is a multiple of a/b in lowest terms exactly when it is one of a.
    BigDecimal scaled = step.get().setScale(Math.max(0, step.get().scale()));
    BigInteger a = scaled.unscaledValue();
    a = a.divide(a.gcd(BigInteger.TEN.pow(scaled.scale())));
    return range.and(multiples(a, 0, set));
  }

  /** How far numbers go that are bounded on the other side alone. */
  private static BigInteger bound(Optional<Bound> other) {
    boolean far = other.isPresent() && other.get().value().abs().compareTo(SAFE) >= 0;
    return (far ? MOST : SAFE).toBigInteger();
  }

  private static Dfa decimal(NumberSet set, Optional<BigDecimal> step)
      throws UnsupportedSchema, AutomatonTooLarge {
    int whole = Math.max(wholeDigits(set.low()), wholeDigits(set.high()));
    boolean bounded = set.low().isPresent() && set.high().isPresent() && whole <= DIGITS;
    if (!bounded) {
      whole = Math.min(DIGITS, Math.max(USUAL_WHOLE, whole + 1));
    }
    int wished =
        step.map(BigDecimal::scale)
            .orElse(
                Math.max(
                    USUAL_FRACTION, FINER + Math.max(fraction(set.low()), fraction(set.high()))));
    int fraction = Math.min(wished, DIGITS - Math.min(whole, DIGITS));
    if (step.isPresent() && fraction < wished) {
      whole = Math.max(1, DIGITS - wished);
      fraction = wished;
    }
    BigInteger end = BigInteger.TEN.pow(whole + fraction).subtract(BigInteger.ONE);
    BigInteger low = edge(set.low(), BigDecimal.ONE, fraction).orElse(end.negate());
    BigInteger high = edge(set.high(), BigDecimal.ONE.negate(), fraction).orElse(end);
    low = low.max(end.negate());
    high = high.min(end);
    if (low.compareTo(high) > 0) {
      return none(set);
    }
    Dfa range = Nfa.whole(DecimalRange.of(low, high, fraction));
    return step.isEmpty() ? range : range.and(multiples(step.get().unscaledValue(), fraction, set));
  }

  /** The bound, moved to the next number inside that has so many digits behind the point. */
  private static Optional<BigInteger> edge(
      Optional<Bound> bound, BigDecimal inwards, int fraction) {
    if (bound.isEmpty()) {
      return Optional.empty();
    }
    RoundingMode mode = inwards.signum() > 0 ? RoundingMode.CEILING : RoundingMode.FLOOR;
    BigDecimal value = bound.get().value();
    BigDecimal moved = value.setScale(fraction, mode);
    BigInteger units = moved.unscaledValue();
    boolean on = moved.compareTo(value) == 0;
    return Optional.of(on && !bound.get().inclusive() ? units.add(inwards.toBigInteger()) : units);
  }

  private static Dfa none(NumberSet set) throws UnsupportedSchema {
    throw new UnsupportedSchema(
        set.path(), "no number within the bounds has so few digits that all read it the same");
  }

  private static Dfa multiples(BigInteger step, int fraction, NumberSet set)
      throws UnsupportedSchema, AutomatonTooLarge {
    if (step.equals(BigInteger.ONE)) {
      return Dfa.ALL;
    }
    String digits = step.toString();
    if (fraction == 0 && digits.matches("10+")) {
      return matching("-?(?:0|[1-9][0-9]*0{" + (digits.length() - 1) + "})");
    }
    if (step.compareTo(BigInteger.valueOf(MOST_STEP)) > 0) {
      throw new UnsupportedSchema(
          set.path(),
          "multiples of "
              + step
              + " take too large a grammar; up to "
              + MOST_STEP
              + " are held, and powers of ten");
    }
    return Multiples.of(step.intValueExact(), fraction);
  }

  /** All texts that stand for one number. */
  private static Dfa texts(BigDecimal number) throws AutomatonTooLarge {
    String plain = number.toPlainString().replace(".", "\\.");
    String zeros = number.stripTrailingZeros().scale() > 0 ? "0*" : "(?:\\.0+)?";
    return matching((number.signum() == 0 ? "-?" : "") + plain + zeros);
  }

  private static Dfa matching(String pattern) throws AutomatonTooLarge {
    return Nfa.whole(Pattern.own(pattern));
  }

  private static int wholeDigits(Optional<Bound> bound) {
    return bound.map(b -> b.value().abs().toBigInteger().toString().length()).orElse(0);
  }

  private static int fraction(Optional<Bound> bound) {
    return bound.map(b -> Math.max(0, b.value().stripTrailingZeros().scale())).orElse(0);
  }
}

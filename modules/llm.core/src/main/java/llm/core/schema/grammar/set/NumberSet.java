package llm.core.schema.grammar.set;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Numbers by their value.
 *
 * @param kind whether they have a fraction
 * @param low the least; empty: there is none
 * @param high the greatest; empty: there is none
 * @param steps what each of them is a multiple of
 * @param values the only ones; empty: there are others
 * @param excluded those that are not in it
 * @param path of the keyword to blame
 */
public record NumberSet(
    Kind kind,
    Optional<Bound> low,
    Optional<Bound> high,
    Set<BigDecimal> steps,
    Optional<Set<BigDecimal>> values,
    Set<BigDecimal> excluded,
    String path) {

  /** Whether numbers have a fraction. */
  public enum Kind {
    ANY,
    WHOLE,
    FRACTIONAL
  }

  /** The end of a range. */
  public record Bound(BigDecimal value, boolean inclusive) {}

  /** Every number. */
  public static final NumberSet ANY = of(Kind.ANY, "$");

  /** Copies. */
  public NumberSet {
    steps = Set.copyOf(steps);
    values = values.map(each -> Collections.unmodifiableSet(new LinkedHashSet<>(each)));
    excluded = Set.copyOf(excluded);
  }

  /** All of a kind. */
  public static NumberSet of(Kind kind, String path) {
    return new NumberSet(
        kind, Optional.empty(), Optional.empty(), Set.of(), Optional.empty(), Set.of(), path);
  }

  /** Those within bounds. */
  public static NumberSet between(Optional<Bound> low, Optional<Bound> high, String path) {
    return new NumberSet(Kind.ANY, low, high, Set.of(), Optional.empty(), Set.of(), path);
  }

  /** The multiples of a number above 0. */
  public static NumberSet multiplesOf(BigDecimal step, String path) {
    return new NumberSet(
        Kind.ANY,
        Optional.empty(),
        Optional.empty(),
        Set.of(step),
        Optional.empty(),
        Set.of(),
        path);
  }

  /** These alone. */
  public static NumberSet ofValues(Set<BigDecimal> values, String path) {
    return new NumberSet(
        Kind.ANY,
        Optional.empty(),
        Optional.empty(),
        Set.of(),
        Optional.of(values),
        Set.of(),
        path);
  }

  /** All but these. */
  public static NumberSet allBut(Set<BigDecimal> excluded, String path) {
    return new NumberSet(
        Kind.ANY, Optional.empty(), Optional.empty(), Set.of(), Optional.empty(), excluded, path);
  }

  /** The same set, whatever asks for it. */
  public NumberSet unlocated() {
    return new NumberSet(kind, low, high, steps, values, excluded, "$");
  }

  /** Whether nothing is asked of them. */
  public boolean isAny() {
    return kind == Kind.ANY
        && low.isEmpty()
        && high.isEmpty()
        && steps.isEmpty()
        && values.isEmpty()
        && excluded.isEmpty();
  }

  /** What is in both. */
  public NumberSet and(NumberSet other) {
    if (isAny()) {
      return other;
    }
    if (other.isAny()) {
      return this;
    }
    Optional<Set<BigDecimal>> both =
        values.isPresent() ? values.map(own -> filtered(own, other)) : other.values;
    if (values.isEmpty() && both.isPresent()) {
      both = both.map(own -> filtered(own, this));
    }
    boolean never =
        kind == Kind.WHOLE && other.kind == Kind.FRACTIONAL
            || kind == Kind.FRACTIONAL && other.kind == Kind.WHOLE;
    return new NumberSet(
        kind == Kind.ANY ? other.kind : kind,
        tighter(low, other.low, 1),
        tighter(high, other.high, -1),
        union(steps, other.steps),
        never ? Optional.of(Set.of()) : both,
        union(excluded, other.excluded),
        other.path.equals("$") ? path : other.path);
  }

  /** Whether a number is in it. */
  public boolean contains(BigDecimal number) {
    boolean whole = number.stripTrailingZeros().scale() <= 0;
    return (kind == Kind.ANY || whole == (kind == Kind.WHOLE))
        && low.map(bound -> isBeyond(number, bound, 1)).orElse(true)
        && high.map(bound -> isBeyond(number, bound, -1)).orElse(true)
        && steps.stream().allMatch(step -> number.remainder(step).signum() == 0)
        && values.map(all -> all.stream().anyMatch(v -> v.compareTo(number) == 0)).orElse(true)
        && excluded.stream().noneMatch(v -> v.compareTo(number) == 0);
  }

  /** Whether it is certain that there is none. */
  public boolean isEmpty() {
    if (values.isPresent()) {
      return values.get().isEmpty();
    }
    if (low.isEmpty() || high.isEmpty()) {
      return false;
    }
    BigDecimal first = low.get().value();
    BigDecimal last = high.get().value();
    int order = first.compareTo(last);
    if (order > 0 || order == 0 && !(low.get().inclusive() && high.get().inclusive())) {
      return true;
    }
    if (kind != Kind.WHOLE) {
      return false;
    }
    BigDecimal up = first.setScale(0, RoundingMode.CEILING);
    if (!low.get().inclusive() && up.compareTo(first) == 0) {
      up = up.add(BigDecimal.ONE);
    }
    int end = up.compareTo(last);
    return end > 0 || end == 0 && !high.get().inclusive();
  }

  private static Set<BigDecimal> filtered(Set<BigDecimal> values, NumberSet by) {
    return values.stream()
        .filter(by::contains)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static boolean isBeyond(BigDecimal number, Bound bound, int sign) {
    int order = number.compareTo(bound.value) * sign;
    return order > 0 || order == 0 && bound.inclusive;
  }

  private static Optional<Bound> tighter(Optional<Bound> a, Optional<Bound> b, int sign) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.isEmpty() ? b : a;
    }
    int order = a.get().value.compareTo(b.get().value) * sign;
    return order > 0 || order == 0 && !a.get().inclusive ? a : b;
  }

  private static Set<BigDecimal> union(Set<BigDecimal> a, Set<BigDecimal> b) {
    var both = new LinkedHashSet<>(a);
    both.addAll(b);
    return both;
  }
}

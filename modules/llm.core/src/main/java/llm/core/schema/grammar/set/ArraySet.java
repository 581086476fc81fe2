package llm.core.schema.grammar.set;

import java.util.ArrayList;
import java.util.List;

/**
 * Arrays.
 *
 * @param prefix what the first elements have to fit
 * @param rest what those behind them have to fit
 * @param min elements
 * @param max elements; {@link #UNBOUNDED}: any number
 * @param unique whether no two are equal
 * @param contains what some of them have to fit
 * @param path of the keyword to blame
 */
public record ArraySet(
    List<Demand> prefix,
    Demand rest,
    int min,
    int max,
    boolean unique,
    List<Contains> contains,
    String path) {
  /** No limit. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  /** How many have to fit what. */
  public record Contains(Demand demand, int min, int max, String path) {}

  /** Every array. */
  public static final ArraySet ANY =
      new ArraySet(List.of(), Demand.ANY, 0, UNBOUNDED, false, List.of(), "$");

  /** Copies. */
  public ArraySet {
    prefix = List.copyOf(prefix);
    contains = List.copyOf(contains);
  }

  /** Whether nothing is asked of them. */
  public boolean isAny() {
    return prefix.isEmpty()
        && rest.parts().isEmpty()
        && min == 0
        && max == UNBOUNDED
        && !unique
        && contains.isEmpty();
  }

  /** What the element at an index has to fit. */
  public Demand at(int index) {
    return index < prefix.size() ? prefix.get(index) : rest;
  }

  /** How many steps it takes to copy it. */
  long steps() {
    return 1 + prefix.stream().mapToLong(Demand::steps).sum() + rest.steps() + contains.size();
  }

  /** What is in both. */
  public ArraySet and(ArraySet other) {
    if (isAny() || other.isAny()) {
      return isAny() ? other : this;
    }
    var both = new ArrayList<Demand>();
    for (int i = 0; i < Math.max(prefix.size(), other.prefix.size()); i++) {
      both.add(at(i).and(other.at(i)));
    }
    var hits = new ArrayList<>(contains);
    other.contains.stream().filter(hit -> !hits.contains(hit)).forEach(hits::add);
    return new ArraySet(
        both,
        rest.and(other.rest),
        Math.max(min, other.min),
        Math.min(max, other.max),
        unique || other.unique,
        hits,
        other.path.equals("$") ? path : other.path);
  }
}

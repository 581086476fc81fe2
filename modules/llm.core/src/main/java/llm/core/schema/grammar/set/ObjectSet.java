package llm.core.schema.grammar.set;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.automaton.AutomatonTooLarge;
import llm.core.schema.grammar.automaton.Dfa;

/**
 * Objects.
 *
 * @param named what members of these names have to fit, in the order of the schema
 * @param others what members of other names have to fit; a name is in exactly one class
 * @param required names that must be there
 * @param min members
 * @param max members; {@link #UNBOUNDED}: any number
 * @param marks what is known of how the set was made
 * @param path of the keyword to blame
 */
public record ObjectSet(
    Map<String, Demand> named,
    List<NameClass> others,
    Set<String> required,
    int min,
    int max,
    Marks marks,
    String path) {
  /** No limit. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  private static final int MOST_CLASSES = 32;

  /**
   * Names and what members of them have to fit.
   *
   * @param names empty: all that are not declared
   */
  public record NameClass(Optional<Dfa> names, Demand demand) {
    /** All names that are not declared. */
    public static NameClass all(Demand demand) {
      return new NameClass(Optional.empty(), demand);
    }

    /** Whether a name is in it. */
    public boolean contains(String name) {
      return names.isEmpty() || names.get().contains(name);
    }
  }

  /**
   * How a set was made.
   *
   * @param open whether a keyword speaks about names that are not declared
   * @param plain whether all named members are those of {@code properties}
   * @param exact whether every object that fits the schema is in it
   */
  public record Marks(boolean open, boolean plain, boolean exact) {
    /** Of a set of nothing but {@code properties}. */
    public static final Marks USUAL = new Marks(false, true, true);

    private Marks and(Marks other) {
      return new Marks(open || other.open, plain && other.plain, exact && other.exact);
    }
  }

  /** Every object. */
  public static final ObjectSet ANY =
      new ObjectSet(
          Map.of(), List.of(NameClass.all(Demand.ANY)), Set.of(), 0, UNBOUNDED, Marks.USUAL, "$");

  /** Copies and keeps the order. */
  public ObjectSet {
    named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
    others = List.copyOf(others);
    required = Collections.unmodifiableSet(new LinkedHashSet<>(required));
  }

  /** Objects that have these members. */
  public static ObjectSet requiring(Set<String> names, String path) {
    return new ObjectSet(Map.of(), ANY.others, names, 0, UNBOUNDED, Marks.USUAL, path);
  }

  /** Objects whose member fits a demand, if they have it; told by what is no {@code properties}. */
  public static ObjectSet with(String name, Demand demand, Set<String> required, String path) {
    return new ObjectSet(
        Map.of(name, demand),
        ANY.others,
        required,
        0,
        UNBOUNDED,
        new Marks(false, false, true),
        path);
  }

  /** Objects of so many members. */
  public static ObjectSet ofSize(int min, int max, String path) {
    return new ObjectSet(Map.of(), ANY.others, Set.of(), min, max, Marks.USUAL, path);
  }

  /** Whether nothing is asked of them. */
  public boolean isAny() {
    return named.isEmpty()
        && required.isEmpty()
        && min == 0
        && max == UNBOUNDED
        && others.stream().allMatch(each -> each.demand().parts().isEmpty());
  }

  /** What the member of a name has to fit. */
  public Demand at(String name) {
    Demand own = named.get(name);
    if (own != null) {
      return own;
    }
    return others.stream()
        .filter(each -> each.contains(name))
        .findFirst()
        .map(NameClass::demand)
        .orElse(Demand.NONE);
  }

  /** The same set with other marks. */
  public ObjectSet marked(Marks others) {
    return new ObjectSet(named, this.others, required, min, max, others, path);
  }

  /** How many steps it takes to copy it. */
  long steps() {
    return 1
        + required.size()
        + named.values().stream().mapToLong(Demand::steps).sum()
        + others.stream().mapToLong(each -> each.demand().steps()).sum();
  }

  /** What it takes to find {@link #and}, at most. */
  long stepsOfBoth(ObjectSet other) {
    long steps = steps() + other.steps();
    steps += (long) named.size() * other.others.size() + (long) other.named.size() * others.size();
    for (NameClass x : others) {
      for (NameClass y : other.others) {
        boolean both = x.names().isPresent() && y.names().isPresent();
        steps += both ? Dfa.stepsOfBoth(x.names().get(), y.names().get()) : 1;
      }
    }
    return steps;
  }

  /** What is in both. */
  public ObjectSet and(ObjectSet other) throws UnsupportedSchema {
    var both = new LinkedHashMap<String, Demand>();
    named.forEach((name, demand) -> both.put(name, demand.and(other.at(name))));
    other.named.forEach((name, demand) -> both.putIfAbsent(name, at(name).and(demand)));
    var names = new LinkedHashSet<>(required);
    names.addAll(other.required);
    String blamed = other.path.equals("$") ? path : other.path;
    return new ObjectSet(
        both,
        classes(others, other.others, blamed),
        names,
        Math.max(min, other.min),
        Math.min(max, other.max),
        marks.and(other.marks),
        blamed);
  }

  /** The classes that two partitions of all names have in common. */
  public static List<NameClass> classes(List<NameClass> a, List<NameClass> b, String path)
      throws UnsupportedSchema {
    var met = new ArrayList<NameClass>();
    for (NameClass x : a) {
      for (NameClass y : b) {
        Optional<Dfa> names = met(x.names(), y.names(), path);
        if (names.isEmpty() || !names.get().isEmpty()) {
          met.add(new NameClass(names, x.demand().and(y.demand())));
        }
      }
    }
    if (met.size() > MOST_CLASSES) {
      throw new UnsupportedSchema(
          path, "its patterns part the names into more than " + MOST_CLASSES + " classes");
    }
    return met;
  }

  private static Optional<Dfa> met(Optional<Dfa> a, Optional<Dfa> b, String path)
      throws UnsupportedSchema {
    if (a.isEmpty() || b.isEmpty()) {
      return a.isEmpty() ? b : a;
    }
    try {
      return Optional.of(a.get().and(b.get()));
    } catch (AutomatonTooLarge tooLarge) {
      throw new UnsupportedSchema(path, "its patterns of names take " + tooLarge.getMessage());
    }
  }
}

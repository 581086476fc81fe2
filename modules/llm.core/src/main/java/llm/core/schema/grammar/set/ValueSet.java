package llm.core.schema.grammar.set;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;

/**
 * JSON values, by type; a value is in it when it is in any of its parts.
 *
 * @param nulls whether {@code null} is in it
 * @param flags which of {@code true} and {@code false}
 * @param numbers whose union are the numbers
 * @param strings whose union are the strings
 * @param arrays whose union are the arrays
 * @param objects whose union are the objects
 */
public record ValueSet(
    boolean nulls,
    Set<Boolean> flags,
    List<NumberSet> numbers,
    List<StringSet> strings,
    List<ArraySet> arrays,
    List<ObjectSet> objects) {
  private static final int MOST_ALTERNATIVES = 128;
  private static final int NUMBER_STEPS = 8;
  private static final int STEPS_OF_HASHING = 8; // names take less to be found than to be copied

  /** Every value. */
  public static final ValueSet ANY =
      new ValueSet(
          true,
          Set.of(true, false),
          List.of(NumberSet.ANY),
          List.of(StringSet.ANY),
          List.of(ArraySet.ANY),
          List.of(ObjectSet.ANY));

  /** No value. */
  public static final ValueSet NONE =
      new ValueSet(false, Set.of(), List.of(), List.of(), List.of(), List.of());

  /** Copies. */
  public ValueSet {
    flags = Set.copyOf(flags);
    numbers = List.copyOf(numbers);
    strings = List.copyOf(strings);
    arrays = List.copyOf(arrays);
    objects = List.copyOf(objects);
  }

  /** The same but for the numbers. */
  public ValueSet withNumbers(NumberSet... others) {
    return new ValueSet(nulls, flags, List.of(others), strings, arrays, objects);
  }

  /** The same but for the strings. */
  public ValueSet withStrings(StringSet... others) {
    return new ValueSet(nulls, flags, numbers, List.of(others), arrays, objects);
  }

  /** The same but for the arrays. */
  public ValueSet withArrays(ArraySet... others) {
    return new ValueSet(nulls, flags, numbers, strings, List.of(others), objects);
  }

  /** The same but for the objects. */
  public ValueSet withObjects(List<ObjectSet> others) {
    return new ValueSet(nulls, flags, numbers, strings, arrays, others);
  }

  /** All values of these types, in the words of JSON Schema. */
  public static ValueSet ofTypes(Set<String> types, String path) {
    List<NumberSet> numbers =
        types.contains("number")
            ? List.of(NumberSet.ANY)
            : types.contains("integer")
                ? List.of(NumberSet.of(NumberSet.Kind.WHOLE, path))
                : List.of();
    return new ValueSet(
        types.contains("null"),
        types.contains("boolean") ? ANY.flags : Set.of(),
        numbers,
        types.contains("string") ? ANY.strings : List.of(),
        types.contains("array") ? ANY.arrays : List.of(),
        types.contains("object") ? ANY.objects : List.of());
  }

  /** The same set, whatever asks for its numbers and strings. */
  public ValueSet unlocated() {
    return new ValueSet(
        nulls,
        flags,
        numbers.stream().map(NumberSet::unlocated).toList(),
        strings.stream().map(StringSet::unlocated).toList(),
        arrays,
        objects);
  }

  /** Whether it has nothing, not even parts that may turn out to be empty. */
  public boolean isNone() {
    return equals(NONE);
  }

  /** Whether it has no arrays and no objects. */
  public boolean isScalar() {
    return arrays.isEmpty() && objects.isEmpty();
  }

  /**
   * What is in both.
   *
   * @param work is told what it takes, before it is done
   */
  public ValueSet and(ValueSet other, String path, Work work) throws UnsupportedSchema {
    if (this == ANY || other == ANY) {
      return this == ANY ? other : this;
    }
    requireFew((long) arrays.size() * other.arrays.size(), path);
    requireFew((long) objects.size() * other.objects.size(), path);
    var bothFlags = new LinkedHashSet<>(flags);
    bothFlags.retainAll(other.flags);
    var bothNumbers = new ArrayList<NumberSet>();
    for (NumberSet a : numbers) {
      for (NumberSet b : other.numbers) {
        work.spend(NUMBER_STEPS, path);
        NumberSet both = a.and(b);
        if (!both.isEmpty()) {
          bothNumbers.add(both);
        }
      }
    }
    var bothStrings = new ArrayList<StringSet>();
    for (StringSet a : strings) {
      for (StringSet b : other.strings) {
        work.spend(a.stepsOfBoth(b), path);
        StringSet both = a.and(b);
        if (!both.isEmpty()) {
          bothStrings.add(both);
        }
      }
    }
    var bothArrays = new ArrayList<ArraySet>();
    for (ArraySet a : arrays) {
      for (ArraySet b : other.arrays) {
        work.spend(a.steps() + b.steps(), path);
        bothArrays.add(a.and(b));
      }
    }
    var bothObjects = new ArrayList<ObjectSet>();
    for (ObjectSet a : objects) {
      for (ObjectSet b : other.objects) {
        work.spend(a.stepsOfBoth(b), path);
        bothObjects.add(a.and(b));
      }
    }
    return new ValueSet(
            nulls && other.nulls, bothFlags, bothNumbers, bothStrings, bothArrays, bothObjects)
        .within(path);
  }

  /**
   * What is in either.
   *
   * @param work is told what it takes, before it is done
   */
  public ValueSet or(ValueSet other, String path, Work work) throws UnsupportedSchema {
    long steps = Math.addExact(steps(), other.steps());
    work.spend(1 + steps / STEPS_OF_HASHING, path);
    var eitherFlags = new LinkedHashSet<>(flags);
    eitherFlags.addAll(other.flags);
    return new ValueSet(
            nulls || other.nulls,
            eitherFlags,
            joined(numbers, other.numbers),
            joined(strings, other.strings),
            joined(arrays, other.arrays),
            joined(objects, other.objects))
        .within(path);
  }

  private long steps() {
    return numbers.size()
        + strings.size()
        + arrays.stream().mapToLong(ArraySet::steps).sum()
        + objects.stream().mapToLong(ObjectSet::steps).sum();
  }

  private static <T> List<T> joined(List<T> a, List<T> b) {
    var all = new LinkedHashSet<>(a);
    all.addAll(b);
    return List.copyOf(all);
  }

  private ValueSet within(String path) throws UnsupportedSchema {
    int most =
        Math.max(Math.max(numbers.size(), strings.size()), Math.max(arrays.size(), objects.size()));
    requireFew(most, path);
    return this;
  }

  private static void requireFew(long alternatives, String path) throws UnsupportedSchema {
    if (alternatives > MOST_ALTERNATIVES) {
      throw new UnsupportedSchema(
          path, "the schema has more than " + MOST_ALTERNATIVES + " alternatives of one type here");
    }
  }
}

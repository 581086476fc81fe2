package llm.core.schema.grammar.read;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.set.ArraySet;
import llm.core.schema.grammar.set.Demand;
import llm.core.schema.grammar.set.NumberSet;
import llm.core.schema.grammar.set.ObjectSet;
import llm.core.schema.grammar.set.StringSet;
import llm.core.schema.grammar.set.ValueSet;
import llm.core.schema.grammar.set.Work;

/** Whether a set has no values, where that is certain. Remembers what it looked at. */
final class Emptiness {
  private static final int MOST_LEVELS = 4;

  /** Levels below a demand with which it stays open whether something fits it; -1: nothing does. */
  private final Map<Demand, Integer> known = new HashMap<>();

  private final SetReader reader;
  private final Work work;
  private int level;

  Emptiness(SetReader reader, Work work) {
    this.reader = reader;
    this.work = work;
  }

  /** {@code path} is blamed where it takes too much. */
  boolean isCertain(ValueSet set, String path) throws UnsupportedSchema {
    if (!isCertainOfScalars(set)) {
      return false;
    }
    for (ArraySet each : set.arrays()) {
      if (!isCertain(each, path)) {
        return false;
      }
    }
    for (ObjectSet each : set.objects()) {
      if (!isCertain(each, path)) {
        return false;
      }
    }
    return true;
  }

  /** The same of what is in two sets. */
  boolean isCertainOfBoth(ValueSet a, ValueSet b, String path) throws UnsupportedSchema {
    work.spend(1, path);
    ValueSet scalars = a.withArrays().withObjects(List.of());
    if (!isCertainOfScalars(scalars.and(b.withArrays().withObjects(List.of()), path, work))) {
      return false;
    }
    ValueSet arrays = ValueSet.NONE.withArrays(a.arrays().toArray(ArraySet[]::new));
    ValueSet others = ValueSet.NONE.withArrays(b.arrays().toArray(ArraySet[]::new));
    if (!isCertain(arrays.and(others, path, work), path)) {
      return false;
    }
    for (ObjectSet x : a.objects()) {
      for (ObjectSet y : b.objects()) {
        if (!isCertainOfBoth(x, y, path)) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean isCertainOfBoth(ObjectSet x, ObjectSet y, String path) throws UnsupportedSchema {
    if (!x.marks().exact() || !y.marks().exact()) {
      return false;
    }
    var names = new LinkedHashSet<>(x.required());
    names.addAll(y.required());
    for (String name : names) { // most differ by one name, which says what they are
      Demand one = x.at(name);
      Demand other = y.at(name);
      work.spend(1, path);
      if (!one.equals(other)) {
        work.spend(one.steps() + other.steps(), path);
        Demand both = one.and(other);
        if (isScalar(both, path) && isCertain(both, path)) {
          return true;
        }
      }
    }
    ValueSet both = ValueSet.NONE.withObjects(List.of(x));
    return isCertain(both.and(ValueSet.NONE.withObjects(List.of(y)), path, work), path);
  }

  private static boolean isCertainOfScalars(ValueSet set) {
    return !set.nulls()
        && set.flags().isEmpty()
        && set.numbers().stream().allMatch(NumberSet::isEmpty)
        && set.strings().stream().allMatch(StringSet::isEmpty);
  }

  private boolean isCertain(ArraySet set, String path) throws UnsupportedSchema {
    if (set.min() > set.max()) {
      return true;
    }
    int mandatory = Math.min(set.min(), set.prefix().size() + 1);
    for (int i = 0; i < mandatory; i++) {
      if (isCertain(set.at(i), path)) {
        return true;
      }
    }
    return false;
  }

  private boolean isCertain(ObjectSet set, String path) throws UnsupportedSchema {
    if (!set.marks().exact()) {
      return false;
    }
    if (set.min() > set.max() || set.required().size() > set.max()) {
      return true;
    }
    var deep = new ArrayList<Demand>();
    for (String name : set.required()) {
      Demand demand = set.at(name);
      if (!isScalar(demand, path)) {
        deep.add(demand);
      } else if (isCertain(demand, path)) {
        return true;
      }
    }
    for (Demand demand : deep) {
      if (isCertain(demand, path)) {
        return true;
      }
    }
    return false;
  }

  private boolean isScalar(Demand demand, String path) throws UnsupportedSchema {
    work.spend(1, path);
    if (level >= MOST_LEVELS) {
      return false;
    }
    try {
      return reader.of(demand).isScalar();
    } catch (UnsupportedSchema _) {
      return false; // as where it is looked into
    }
  }

  private boolean isCertain(Demand demand, String path) throws UnsupportedSchema {
    work.spend(1, path);
    int left = MOST_LEVELS - level;
    if (demand.parts().isEmpty() || left <= 0) {
      return false;
    }
    int before = known.getOrDefault(demand, 0);
    if (before < 0 || before >= left) {
      return before < 0;
    }
    level++;
    try {
      boolean certain = isCertain(reader.of(demand), path);
      known.put(demand, certain ? -1 : left);
      return certain;
    } catch (UnsupportedSchema _) {
      work.spend(1, path); // nothing more where it took too much
      return false; // not certain; who needs the demand itself is told why
    } finally {
      level--;
    }
  }
}

package llm.core.schema.grammar.read;

import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.set.ArraySet;
import llm.core.schema.grammar.set.Demand;
import llm.core.schema.grammar.set.NumberSet;
import llm.core.schema.grammar.set.ObjectSet;
import llm.core.schema.grammar.set.StringSet;
import llm.core.schema.grammar.set.ValueSet;

/** Whether a set has no values, where that is certain. */
final class Emptiness {
  private static final int MOST_LEVELS = 4;
  private static final int MOST_LOOKS = 2_000;

  private final SetReader reader;
  private int level;
  private int looked;

  Emptiness(SetReader reader) {
    this.reader = reader;
  }

  boolean isCertain(ValueSet set) {
    return !set.nulls()
        && set.flags().isEmpty()
        && set.numbers().stream().allMatch(NumberSet::isEmpty)
        && set.strings().stream().allMatch(StringSet::isEmpty)
        && set.arrays().stream().allMatch(this::isCertain)
        && set.objects().stream().allMatch(this::isCertain);
  }

  private boolean isCertain(ArraySet set) {
    if (set.min() > set.max()) {
      return true;
    }
    int mandatory = Math.min(set.min(), set.prefix().size() + 1);
    for (int i = 0; i < mandatory; i++) {
      if (isCertain(set.at(i))) {
        return true;
      }
    }
    return false;
  }

  private boolean isCertain(ObjectSet set) {
    if (!set.marks().exact()) {
      return false;
    }
    if (set.min() > set.max() || set.required().size() > set.max()) {
      return true;
    }
    return set.required().stream().anyMatch(name -> isCertain(set.at(name)));
  }

  private boolean isCertain(Demand demand) {
    looked = level == 0 ? 0 : looked + 1;
    if (demand.parts().isEmpty() || level >= MOST_LEVELS || looked > MOST_LOOKS) {
      return false;
    }
    level++;
    try {
      return isCertain(reader.of(demand));
    } catch (UnsupportedSchema _) {
      return false; // not certain; who needs the demand itself is told why
    } finally {
      level--;
    }
  }
}

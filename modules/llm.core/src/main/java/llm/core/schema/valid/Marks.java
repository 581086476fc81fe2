package llm.core.schema.valid;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/**
 * Which members and elements of one value were judged (the annotations of JSON Schema Core, section
 * 11): what {@code unevaluatedProperties} and {@code unevaluatedItems} leave alone. One run's.
 */
final class Marks {
  private final Set<String> members = new HashSet<>();
  private final BitSet elements = new BitSet();

  void member(String name) {
    members.add(name);
  }

  void element(int index) {
    elements.set(index);
  }

  /** Elements from 0 on. */
  void elements(int count) {
    elements.set(0, count);
  }

  boolean hasMember(String name) {
    return members.contains(name);
  }

  boolean hasElement(int index) {
    return elements.get(index);
  }

  void addAll(Marks other) {
    members.addAll(other.members);
    elements.or(other.elements);
  }
}

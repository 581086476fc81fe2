package llm.core.schema.grammar.set;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import llm.core.schema.grammar.document.Json;
import llm.core.schema.grammar.document.SchemaNode;

/**
 * What a member or element has to fit: all of these schemas. They are not looked into before that
 * is needed, so that schemas may contain themselves.
 */
public record Demand(Set<Part> parts) {

  /** A schema, or that it must not be fitted. */
  public record Part(SchemaNode node, boolean negated) {}

  /** Everything fits. */
  public static final Demand ANY = new Demand(Set.of());

  /** Nothing fits. */
  public static final Demand NONE = of(SchemaNode.made("$", new Json.Flag(false)));

  /** Copies and keeps the order, which equality does not see. */
  public Demand {
    parts = Collections.unmodifiableSet(new LinkedHashSet<>(parts));
  }

  /** One schema. */
  public static Demand of(SchemaNode node) {
    return node.value().equals(new Json.Flag(true))
        ? ANY
        : new Demand(Set.of(new Part(node, false)));
  }

  /** That one schema is not fitted. */
  public static Demand not(SchemaNode node) {
    return new Demand(Set.of(new Part(node, true)));
  }

  /** How many steps it takes to copy it; 1 or more. */
  public long steps() {
    return 1L + parts.size();
  }

  /** Both. */
  public Demand and(Demand other) {
    if (parts.isEmpty() || equals(other)) {
      return other;
    }
    if (other.parts.isEmpty()) {
      return this;
    }
    if (equals(NONE) || other.equals(NONE)) {
      return NONE;
    }
    var both = new LinkedHashSet<>(parts);
    both.addAll(other.parts);
    return new Demand(both);
  }

  /** Whether whatever fits it fits the other too, by having all its parts. */
  public boolean includes(Demand other) {
    return parts.containsAll(other.parts);
  }

  /** Where the first of the schemas stands. */
  public String path() {
    return parts.isEmpty() ? "$" : parts.iterator().next().node().path();
  }
}

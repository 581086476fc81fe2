package llm.core.schema.valid;

import java.util.ArrayList;
import java.util.List;
import llm.core.schema.JsonNode;
import llm.core.schema.valid.Rule.Fault;

/**
 * One schema of a document: what its keywords ask. Filled while the document is compiled, immutable
 * after that.
 */
final class Subschema {
  private final Place place;
  private final Resource resource;
  private final List<Rule> rules = new ArrayList<>();
  private final List<Subschema> sameValue = new ArrayList<>();

  Subschema(Place place, Resource resource) {
    this.place = place;
    this.resource = resource;
  }

  /** Where it stands in its document. */
  Place place() {
    return place;
  }

  void add(Rule rule) {
    rules.add(rule);
  }

  /** {@code other} judges the same value. */
  void appliesInPlace(Subschema other) {
    sameValue.add(other);
  }

  List<Subschema> sameValue() {
    return sameValue;
  }

  /** Judges {@code value}; null: it fits, and {@code marks} have what was judged. */
  Fault check(JsonNode value, Place at, Run run, Marks marks) {
    Run.Scope before = run.scope();
    run.enter(resource);
    Marks own = run.tracks() ? new Marks() : marks;
    for (Rule rule : rules) {
      Fault fault = rule.check(value, at, run, own);
      if (fault != null) {
        run.leave(before);
        return fault;
      }
    }
    run.leave(before);
    if (run.tracks()) {
      marks.addAll(own);
    }
    return null;
  }

  /** Whether {@code value}, a part of another, fits; what is judged in it is nobody's concern. */
  Fault checkPart(JsonNode value, Place at, Run run) {
    return check(value, at, run, new Marks());
  }
}

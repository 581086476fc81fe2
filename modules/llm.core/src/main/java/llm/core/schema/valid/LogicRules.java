package llm.core.schema.valid;

import java.util.List;
import java.util.Optional;
import llm.core.schema.JsonNode;
import llm.core.schema.valid.Rule.Fault;

/** Schemas put together (Core, section 10.2). */
final class LogicRules {
  private LogicRules() {}

  static void add(Keywords keywords, Subschema made) throws InvalidSchema {
    for (Subschema each : inPlace(keywords.schemas("allOf"), made)) {
      made.add(each::check);
    }
    List<Subschema> any = inPlace(keywords.schemas("anyOf"), made);
    if (!any.isEmpty()) {
      made.add(new AnyOf(any, keywords.place("anyOf")));
    }
    List<Subschema> one = inPlace(keywords.schemas("oneOf"), made);
    if (!one.isEmpty()) {
      made.add(new OneOf(one, keywords.place("oneOf")));
    }
    Optional<Subschema> not = keywords.schema("not");
    not.ifPresent(made::appliesInPlace);
    not.ifPresent(unwanted -> made.add(not(unwanted, keywords.place("not"))));
    addCondition(keywords, made);
  }

  private static List<Subschema> inPlace(List<Subschema> schemas, Subschema made) {
    schemas.forEach(made::appliesInPlace);
    return schemas;
  }

  /** At least one fits; all of them are asked where it matters what they judge. */
  private record AnyOf(List<Subschema> options, Place place) implements Rule {
    @Override
    public Fault check(JsonNode value, Place at, Run run, Marks marks) {
      boolean fits = false;
      Fault nearest = null;
      for (Subschema option : options) {
        Fault fault = option.check(value, at, run, marks);
        fits |= fault == null;
        if (fits && !run.tracks()) {
          return null;
        }
        nearest = nearest(nearest, fault);
      }
      return fits ? null : misfit(value, at, place, options.size(), nearest);
    }
  }

  /** Exactly one fits. */
  private record OneOf(List<Subschema> options, Place place) implements Rule {
    @Override
    public Fault check(JsonNode value, Place at, Run run, Marks marks) {
      int first = -1;
      Fault nearest = null;
      for (int i = 0; i < options.size(); i++) {
        Fault fault = options.get(i).check(value, at, run, marks);
        if (fault == null && first >= 0) {
          String found = "one that fits " + (first + 1) + " and " + (i + 1);
          return new Fault(
              at, place, ScalarRules.expected("a value that fits one alternative alone", found));
        }
        first = fault == null ? i : first;
        nearest = nearest(nearest, fault);
      }
      return first >= 0 ? null : misfit(value, at, place, options.size(), nearest);
    }
  }

  /** What is wrong deeper inside tells of an alternative that was meant. */
  private static Fault nearest(Fault one, Fault other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return other.at().depth() > one.at().depth() ? other : one;
  }

  private static Fault misfit(JsonNode value, Place at, Place place, int count, Fault nearest) {
    if (nearest.at().depth() > at.depth() || count == 1) {
      return nearest;
    }
    String wanted = "a value that fits one of " + count + " alternatives";
    return new Fault(
        at, place, ScalarRules.expected(wanted, value.kind().words() + " that fits none"));
  }

  private static Rule not(Subschema unwanted, Place place) {
    return (value, at, run, _) ->
        unwanted.checkPart(value, at, run) == null
            ? new Fault(
                at, place, ScalarRules.expected("a value that does not fit", "one that does"))
            : null;
  }

  private static void addCondition(Keywords keywords, Subschema made) throws InvalidSchema {
    Optional<Subschema> condition = keywords.schema("if");
    Subschema then = keywords.schema("then").orElse(null);
    Subschema otherwise = keywords.schema("else").orElse(null);
    if (condition.isEmpty()) {
      return;
    }
    Subschema asked = condition.get();
    made.appliesInPlace(asked);
    Optional.ofNullable(then).ifPresent(made::appliesInPlace);
    Optional.ofNullable(otherwise).ifPresent(made::appliesInPlace);
    made.add((value, at, run, marks) -> {
      Subschema next = asked.check(value, at, run, marks) == null ? then : otherwise;
      return next == null ? null : next.check(value, at, run, marks);
    });
  }
}

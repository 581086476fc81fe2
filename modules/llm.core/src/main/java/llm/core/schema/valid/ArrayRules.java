package llm.core.schema.valid;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.valid.Rule.Fault;
import llm.core.schema.value.Values;
import llm.core.schema.value.Values.Same;

/** What is asked of arrays (Core, section 10.3.1; Validation, section 6.4). */
final class ArrayRules {
  private ArrayRules() {}

  static void add(Keywords keywords, Subschema made) throws InvalidSchema {
    addElements(keywords, made);
    addContains(keywords, made);
    OptionalLong least = keywords.count("minItems");
    OptionalLong most = keywords.count("maxItems");
    least.ifPresent(
        min -> made.add(size(keywords.place("minItems"), min, Long.MAX_VALUE, "at least " + min)));
    most.ifPresent(max -> made.add(size(keywords.place("maxItems"), 0, max, "at most " + max)));
    if (keywords.flag("uniqueItems")) {
      made.add(unique(keywords.place("uniqueItems")));
    }
  }

  private static Rule size(Place place, long least, long most, String words) {
    return (value, at, _, _) -> {
      if (!(value instanceof ArrayNode array)) {
        return null;
      }
      int size = array.elements().size();
      return size >= least && size <= most
          ? null
          : new Fault(at, place, ScalarRules.expected(words + " elements", size + " of them"));
    };
  }

  private static void addElements(Keywords keywords, Subschema made) throws InvalidSchema {
    boolean isListed = Drafts.areItemsListed(keywords);
    if (isListed && keywords.has("prefixItems")) {
      throw keywords.wrong("items", "must be a schema where there is prefixItems");
    }
    List<Subschema> first = keywords.schemas(isListed ? "items" : "prefixItems");
    Optional<Subschema> rest = keywords.schema(isListed ? "additionalItems" : "items");
    if (!first.isEmpty() || rest.isPresent()) {
      made.add((value, at, run, marks) ->
          value instanceof ArrayNode array
              ? elements(array.elements(), first, rest.orElse(null), at, run, marks)
              : null);
    }
  }

  private static Fault elements(
      List<JsonNode> elements,
      List<Subschema> first,
      Subschema rest,
      Place at,
      Run run,
      Marks marks) {
    int judged = rest == null ? Math.min(first.size(), elements.size()) : elements.size();
    for (int i = 0; i < judged; i++) {
      Subschema schema = i < first.size() ? first.get(i) : rest;
      Fault fault = schema.checkPart(elements.get(i), at.element(i), run);
      if (fault != null) {
        return fault;
      }
    }
    marks.elements(judged);
    return null;
  }

  private static void addContains(Keywords keywords, Subschema made) throws InvalidSchema {
    OptionalLong least = keywords.count("minContains");
    OptionalLong most = keywords.count("maxContains");
    Optional<Subschema> wanted = keywords.schema("contains");
    if (wanted.isPresent()) {
      Place tooFew = keywords.place(least.isPresent() ? "minContains" : "contains");
      var contains =
          new Contains(
              wanted.get(),
              least.orElse(1),
              most.orElse(Long.MAX_VALUE),
              tooFew,
              keywords.place("maxContains"));
      made.add(contains);
    }
  }

  /** Some elements fit a schema. */
  private record Contains(Subschema wanted, long least, long most, Place tooFew, Place tooMany)
      implements Rule {
    @Override
    public Fault check(JsonNode value, Place at, Run run, Marks marks) {
      if (!(value instanceof ArrayNode array)) {
        return null;
      }
      int count = 0;
      for (int i = 0; i < array.elements().size(); i++) {
        if (wanted.checkPart(array.elements().get(i), at.element(i), run) == null) {
          marks.element(i);
          count++;
        }
      }
      if (count < least) {
        return fault(at, tooFew, "at least " + least, count);
      }
      return count > most ? fault(at, tooMany, "at most " + most, count) : null;
    }

    private static Fault fault(Place at, Place keyword, String words, int count) {
      String expected = words + " elements that fit its schema contains";
      return new Fault(at, keyword, ScalarRules.expected(expected, count + " of them"));
    }
  }

  private static Rule unique(Place place) {
    return (value, at, run, _) -> {
      if (!(value instanceof ArrayNode array)) {
        return null;
      }
      var seen = new HashSet<Same>();
      int index = 0;
      for (JsonNode element : array.elements()) {
        run.spend(Values.steps(element));
        if (!seen.add(new Same(element, run::spend))) {
          String expected = ScalarRules.expected("elements that differ", "one that came before");
          return new Fault(at.element(index), place, expected);
        }
        index++;
      }
      return null;
    };
  }
}

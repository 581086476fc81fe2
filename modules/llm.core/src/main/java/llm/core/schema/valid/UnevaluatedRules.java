package llm.core.schema.valid;

import java.util.Optional;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.valid.Rule.Fault;
import llm.domain.text.Excerpt;

/** What is asked of the parts that nobody else has judged (Core, section 11). */
final class UnevaluatedRules {
  private UnevaluatedRules() {}

  static void add(Keywords keywords, Subschema made) throws InvalidSchema {
    Optional<Subschema> elements = keywords.schema("unevaluatedItems");
    if (elements.isPresent()) {
      keywords.compiler().track();
      made.add(new Elements(elements.get()));
    }
    Optional<Subschema> members = keywords.schema("unevaluatedProperties");
    if (members.isPresent()) {
      keywords.compiler().track();
      boolean isClosed =
          keywords.any("unevaluatedProperties").orElseThrow() instanceof BooleanNode flag
              && !flag.value();
      made.add(new Members(members.get(), isClosed, keywords.place("unevaluatedProperties")));
    }
  }

  private record Elements(Subschema wanted) implements Rule {
    @Override
    public Fault check(JsonNode value, Place at, Run run, Marks marks) {
      if (!(value instanceof ArrayNode array)) {
        return null;
      }
      for (int i = 0; i < array.elements().size(); i++) {
        if (!marks.hasElement(i)) {
          Fault fault = wanted.checkPart(array.elements().get(i), at.element(i), run);
          if (fault != null) {
            return fault;
          }
          marks.element(i);
        }
      }
      return null;
    }
  }

  private record Members(Subschema wanted, boolean isClosed, Place place) implements Rule {
    @Override
    public Fault check(JsonNode value, Place at, Run run, Marks marks) {
      if (!(value instanceof ObjectNode object)) {
        return null;
      }
      for (var member : object.members().entrySet()) {
        String name = member.getKey();
        if (marks.hasMember(name)) {
          continue;
        }
        if (isClosed) {
          return new Fault(
              at, place, ScalarRules.expected("no other members", "one named " + Excerpt.of(name)));
        }
        Fault fault = wanted.checkPart(member.getValue(), at.member(name), run);
        if (fault != null) {
          return fault;
        }
        marks.member(name);
      }
      return null;
    }
  }
}

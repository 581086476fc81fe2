package llm.core.schema.valid;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.regex.Regex;
import llm.core.schema.valid.Rule.Fault;
import llm.domain.text.Excerpt;

/** What is asked of objects (Core, section 10.3.2; Validation, section 6.5). */
final class ObjectRules {
  private ObjectRules() {}

  static void add(Keywords keywords, Subschema made) throws InvalidSchema {
    List<String> required = keywords.names("required");
    if (!required.isEmpty()) {
      Place place = keywords.place("required");
      made.add((value, at, _, _) -> missing(value, required, at, place, ""));
    }
    addMembers(keywords, made);
    addNames(keywords, made);
    addSizes(keywords, made);
    addDependent(keywords, made);
  }

  private static Fault missing(
      JsonNode value, List<String> required, Place at, Place keyword, String why) {
    if (value instanceof ObjectNode object) {
      for (String name : required) {
        if (!object.members().containsKey(name)) {
          return new Fault(
              at, keyword, "expected the member " + Excerpt.of(name) + why + ", which is missing");
        }
      }
    }
    return null;
  }

  private static void addMembers(Keywords keywords, Subschema made) throws InvalidSchema {
    Map<String, Subschema> named = keywords.schemasByName("properties");
    var matching = new ArrayList<Matching>();
    for (var entry : keywords.schemasByName("patternProperties").entrySet()) {
      Place place = keywords.place("patternProperties").member(entry.getKey());
      matching.add(new Matching(keywords.regex(entry.getKey(), place), entry.getValue()));
    }
    Optional<Subschema> others = keywords.schema("additionalProperties");
    boolean isClosed =
        keywords.any("additionalProperties").orElse(null) instanceof BooleanNode flag
            && !flag.value();
    if (!named.isEmpty() || !matching.isEmpty() || others.isPresent()) {
      Place place = keywords.place("additionalProperties");
      made.add(new Members(named, List.copyOf(matching), others.orElse(null), isClosed, place));
    }
  }

  private record Matching(Regex names, Subschema schema) {}

  /** What each member has to fit, by its name; {@code others} null: the rest is free. */
  private record Members(
      Map<String, Subschema> named,
      List<Matching> matching,
      Subschema others,
      boolean isClosed,
      Place place)
      implements Rule {
    @Override
    public Fault check(JsonNode value, Place at, Run run, Marks marks) {
      if (!(value instanceof ObjectNode object)) {
        return null;
      }
      for (var member : object.members().entrySet()) {
        Fault fault = member(member.getKey(), member.getValue(), at, run, marks);
        if (fault != null) {
          return fault;
        }
      }
      return null;
    }

    private Fault member(String name, JsonNode value, Place at, Run run, Marks marks) {
      Place inside = at.member(name);
      Subschema declared = named.get(name);
      boolean isKnown = declared != null;
      Fault fault = isKnown ? declared.checkPart(value, inside, run) : null;
      for (int i = 0; fault == null && i < matching.size(); i++) {
        if (matching.get(i).names().find(name, run::spend)) {
          isKnown = true;
          fault = matching.get(i).schema().checkPart(value, inside, run);
        }
      }
      if (fault == null && !isKnown && others != null) {
        isKnown = true;
        fault = isClosed ? stranger(name, at) : others.checkPart(value, inside, run);
      }
      if (isKnown) {
        marks.member(name);
      }
      return fault;
    }

    private Fault stranger(String name, Place at) {
      String found = "one named " + Excerpt.of(name);
      return new Fault(at, place, ScalarRules.expected("no other members", found));
    }
  }

  private static void addNames(Keywords keywords, Subschema made) throws InvalidSchema {
    Optional<Subschema> names = keywords.schema("propertyNames");
    if (names.isEmpty()) {
      return;
    }
    Subschema wanted = names.get();
    made.add((value, at, run, _) -> {
      if (value instanceof ObjectNode object) {
        for (String name : object.members().keySet()) {
          Fault fault = wanted.checkPart(JsonNode.ofText(name), at.member(name), run);
          if (fault != null) {
            return new Fault(at, fault.keyword(), "of the names " + fault.problem());
          }
        }
      }
      return null;
    });
  }

  private static void addSizes(Keywords keywords, Subschema made) throws InvalidSchema {
    OptionalLong least = keywords.count("minProperties");
    OptionalLong most = keywords.count("maxProperties");
    least.ifPresent(min ->
        made.add(size(keywords.place("minProperties"), min, Long.MAX_VALUE, "at least " + min)));
    most.ifPresent(
        max -> made.add(size(keywords.place("maxProperties"), 0, max, "at most " + max)));
  }

  private static Rule size(Place place, long least, long most, String words) {
    return (value, at, _, _) -> {
      if (!(value instanceof ObjectNode object)) {
        return null;
      }
      int size = object.members().size();
      return size >= least && size <= most
          ? null
          : new Fault(at, place, ScalarRules.expected(words + " members", size + " of them"));
    };
  }

  private static void addDependent(Keywords keywords, Subschema made) throws InvalidSchema {
    addRequired(keywords.namesByName("dependentRequired"), keywords, "dependentRequired", made);
    addSchemas(keywords.schemasByName("dependentSchemas"), made);
    var names = new LinkedHashMap<String, List<String>>();
    var schemas = new LinkedHashMap<String, Subschema>();
    for (var entry : keywords.object("dependencies").entrySet()) {
      Place place = keywords.place("dependencies").member(entry.getKey());
      if (entry.getValue() instanceof ArrayNode list) {
        names.put(entry.getKey(), keywords.namesOf(list, place));
      } else {
        schemas.put(entry.getKey(), keywords.compile(entry.getValue(), place));
      }
    }
    addRequired(names, keywords, "dependencies", made);
    addSchemas(schemas, made);
  }

  private static void addRequired(
      Map<String, List<String>> names, Keywords keywords, String keyword, Subschema made) {
    names.forEach((name, required) -> {
      Place place = keywords.place(keyword).member(name);
      String why = " beside " + Excerpt.of(name);
      made.add(
          (value, at, _, _) -> has(value, name) ? missing(value, required, at, place, why) : null);
    });
  }

  private static void addSchemas(Map<String, Subschema> schemas, Subschema made) {
    schemas.forEach((name, schema) -> {
      made.appliesInPlace(schema);
      made.add(
          (value, at, run, marks) -> has(value, name) ? schema.check(value, at, run, marks) : null);
    });
  }

  private static boolean has(JsonNode value, String name) {
    return value instanceof ObjectNode object && object.members().containsKey(name);
  }
}

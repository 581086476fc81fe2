package llm.core.schema.grammar.read;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.automaton.AutomatonTooLarge;
import llm.core.schema.grammar.automaton.Dfa;
import llm.core.schema.grammar.document.Json;
import llm.core.schema.grammar.document.SchemaDocument;
import llm.core.schema.grammar.document.SchemaNode;
import llm.core.schema.grammar.set.Demand;
import llm.core.schema.grammar.set.ObjectSet;
import llm.core.schema.grammar.set.ObjectSet.Marks;
import llm.core.schema.grammar.set.ObjectSet.NameClass;
import llm.core.schema.grammar.set.StringSet;
import llm.core.schema.grammar.set.ValueSet;

/** The keywords about objects. */
final class ObjectKeywords {
  private final SetReader reader;
  private final StringKeywords strings;
  private final SchemaDocument document;

  ObjectKeywords(SetReader reader, StringKeywords strings, SchemaDocument document) {
    this.reader = reader;
    this.strings = strings;
    this.document = document;
  }

  ObjectSet of(Keywords keywords) throws UnsupportedSchema {
    SchemaNode node = keywords.node();
    List<NameClass> patterns = patterns(keywords);
    Map<String, Demand> named = new LinkedHashMap<>();
    for (String name : keywords.map("properties").keySet()) {
      Demand demand = SetReader.demand(document, document.child(node, "properties", name));
      named.put(name, demand.and(judged(patterns, name).orElse(Demand.ANY)));
    }
    Demand rest = Demand.ANY;
    boolean open = keywords.has("patternProperties") || keywords.has("additionalProperties");
    if (keywords.has("additionalProperties")) {
      rest = SetReader.demand(document, document.child(node, "additionalProperties"));
    } else if (keywords.has("unevaluatedProperties") && !Choices.anyIn(keywords)) {
      rest = SetReader.demand(document, document.child(node, "unevaluatedProperties"));
      open = true;
    }
    var others = new ArrayList<NameClass>();
    for (NameClass each : patterns) {
      boolean unjudged = each.demand() == UNJUDGED;
      others.add(new NameClass(each.names(), unjudged ? rest : each.demand()));
    }
    String path =
        keywords.firstPath(
            "minProperties",
            "maxProperties",
            "patternProperties",
            "additionalProperties",
            "required",
            "properties");
    var set =
        new ObjectSet(
            named,
            others,
            new LinkedHashSet<>(keywords.names("required")),
            keywords.count("minProperties", 0),
            keywords.count("maxProperties", ObjectSet.UNBOUNDED),
            new Marks(open, true, true),
            path);
    return keywords.has("propertyNames") ? set.and(names(keywords)) : set;
  }

  /** Stands for names that no pattern is found in. */
  private static final Demand UNJUDGED =
      new Demand(Set.of(new Demand.Part(SchemaNode.made("$", new Json.Flag(true)), false)));

  private static Optional<Demand> judged(List<NameClass> patterns, String name) {
    return patterns.stream()
        .filter(each -> each.contains(name))
        .map(NameClass::demand)
        .filter(demand -> demand != UNJUDGED)
        .findFirst();
  }

  /** All names, parted by the patterns that are found in them. */
  private List<NameClass> patterns(Keywords keywords) throws UnsupportedSchema {
    List<NameClass> classes = List.of(NameClass.all(UNJUDGED));
    for (String pattern : keywords.map("patternProperties").keySet()) {
      SchemaNode schema = document.child(keywords.node(), "patternProperties", pattern);
      Dfa found = strings.pattern(pattern, schema.path());
      Demand demand = SetReader.demand(document, schema);
      var parted = new ArrayList<NameClass>();
      try {
        for (NameClass each : classes) {
          Dfa names = each.names().orElse(Dfa.ALL);
          Dfa in = names.and(found);
          Dfa out = names.without(found);
          if (!in.isEmpty()) {
            Demand both = each.demand() == UNJUDGED ? demand : each.demand().and(demand);
            parted.add(new NameClass(Optional.of(in), both));
          }
          if (!out.isEmpty()) {
            parted.add(new NameClass(Optional.of(out), each.demand()));
          }
        }
      } catch (AutomatonTooLarge tooLarge) {
        throw new UnsupportedSchema(schema.path(), "the pattern takes " + tooLarge.getMessage());
      }
      if (parted.size() > 32) {
        throw new UnsupportedSchema(schema.path(), "too many patterns of names stand together");
      }
      classes = parted;
    }
    return classes;
  }

  /** What {@code propertyNames} says, as classes of names that may be there and that may not. */
  private ObjectSet names(Keywords keywords) throws UnsupportedSchema {
    String path = keywords.path("propertyNames");
    ValueSet set = reader.of(document.child(keywords.node(), "propertyNames"));
    Dfa allowed = Dfa.NONE;
    boolean all = false;
    try {
      for (StringSet each : set.strings()) {
        if (!each.formats().isEmpty()) {
          throw new UnsupportedSchema(path, "names of a format cannot be held by a grammar");
        }
        all |= each.isAny();
        Dfa lengths =
            each.min() == 0 && each.max() == StringSet.UNBOUNDED
                ? Dfa.ALL
                : Dfa.ofLength(each.min(), each.max());
        allowed = allowed.or(each.language().orElse(Dfa.ALL).and(lengths));
      }
      if (all) {
        return ObjectSet.ANY;
      }
      return new ObjectSet(
          Map.of(),
          List.of(
              new NameClass(Optional.of(allowed), Demand.ANY),
              new NameClass(Optional.of(allowed.not()), Demand.NONE)),
          Set.of(),
          0,
          ObjectSet.UNBOUNDED,
          Marks.USUAL,
          path);
    } catch (AutomatonTooLarge tooLarge) {
      throw new UnsupportedSchema(path, "the names take " + tooLarge.getMessage());
    }
  }
}

package llm.core.schema.grammar.read;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.document.Json;
import llm.core.schema.grammar.document.SchemaDocument;
import llm.core.schema.grammar.document.SchemaNode;
import llm.core.schema.grammar.set.Demand;
import llm.core.schema.grammar.set.ObjectSet;
import llm.core.schema.grammar.set.ObjectSet.Marks;
import llm.core.schema.grammar.set.ObjectSet.NameClass;
import llm.core.schema.grammar.set.ValueSet;
import llm.core.schema.grammar.set.Work;

/** The keywords that apply other schemas to the value itself. */
final class Choices {
  private static final List<String> APPLYING =
      List.of("$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "dependencies");
  private static final int MOST_OVERLAPPING = 4;

  private final SetReader reader;
  private final Emptiness emptiness;
  private final SchemaDocument document;
  private final Work work;

  Choices(SetReader reader, Emptiness emptiness, SchemaDocument document, Work work) {
    this.reader = reader;
    this.emptiness = emptiness;
    this.document = document;
    this.work = work;
  }

  /** Whether one of the keywords is there. */
  static boolean anyIn(Keywords keywords) {
    return APPLYING.stream().anyMatch(keywords::has);
  }

  /** What fits these keywords too. */
  ValueSet of(Keywords keywords, ValueSet own) throws UnsupportedSchema {
    SchemaNode node = keywords.node();
    ValueSet set = own.and(referred(keywords), node.path(), work);
    for (int i = 0; i < keywords.list("allOf").size(); i++) {
      SchemaNode branch = document.child(node, "allOf", i);
      set = set.and(reader.of(branch), branch.path(), work);
    }
    if (keywords.has("anyOf")) {
      set =
          set.and(
              any(branches(keywords, "anyOf"), keywords.path("anyOf")),
              keywords.path("anyOf"),
              work);
    }
    set = dependent(keywords, set);
    if (keywords.has("if") && (keywords.has("then") || keywords.has("else"))) {
      set = set.and(conditional(keywords), keywords.path("if"), work);
    }
    if (keywords.has("not")) {
      set = set.and(reader.not(document.child(node, "not")), keywords.path("not"), work);
    }
    if (keywords.has("oneOf")) {
      set = one(branches(keywords, "oneOf"), set, keywords.path("oneOf"));
    }
    return keywords.has("unevaluatedProperties") ? unevaluated(keywords, set) : set;
  }

  private ValueSet referred(Keywords keywords) throws UnsupportedSchema {
    for (String keyword : List.of("$dynamicRef", "$recursiveRef")) {
      if (keywords.has(keyword)) {
        throw new UnsupportedSchema(
            keywords.path(keyword),
            "references that depend on their caller are not known; say $ref");
      }
    }
    if (!keywords.has("$ref")) {
      return ValueSet.ANY;
    }
    String path = keywords.path("$ref");
    return reader.of(document.resolve(keywords.node(), keywords.text("$ref").orElseThrow(), path));
  }

  private List<SchemaNode> branches(Keywords keywords, String keyword) throws UnsupportedSchema {
    int count = keywords.list(keyword).size();
    if (count == 0) {
      throw keywords.wrong(keyword, "a list of one schema or more");
    }
    var branches = new ArrayList<SchemaNode>();
    for (int i = 0; i < count; i++) {
      branches.add(document.child(keywords.node(), keyword, i));
    }
    return branches;
  }

  private ValueSet any(List<SchemaNode> branches, String path) throws UnsupportedSchema {
    ValueSet set = ValueSet.NONE;
    for (SchemaNode branch : branches) {
      set = set.or(reader.of(branch), path, work);
    }
    return set;
  }

  private ValueSet conditional(Keywords keywords) throws UnsupportedSchema {
    SchemaNode node = keywords.node();
    String path = keywords.path("if");
    SchemaNode condition = document.child(node, "if");
    ValueSet then = reader.of(condition);
    if (keywords.has("then")) {
      then = then.and(reader.of(document.child(node, "then")), keywords.path("then"), work);
    }
    ValueSet otherwise = reader.not(condition);
    if (keywords.has("else")) {
      otherwise =
          otherwise.and(reader.of(document.child(node, "else")), keywords.path("else"), work);
    }
    return then.or(otherwise, path, work);
  }

  private ValueSet dependent(Keywords keywords, ValueSet base) throws UnsupportedSchema {
    ValueSet set = base;
    for (String keyword : List.of("dependentRequired", "dependentSchemas", "dependencies")) {
      for (Map.Entry<String, Json> each : keywords.map(keyword).entrySet()) {
        String path = keywords.path(keyword);
        String name = each.getKey();
        ValueSet there;
        if (each.getValue() instanceof Json.Items) {
          Set<String> names = new LinkedHashSet<>(List.of(name));
          names.addAll(needed(each.getValue(), keywords, keyword));
          there = objects(ObjectSet.requiring(names, path));
        } else {
          SchemaNode schema = document.child(keywords.node(), keyword, name);
          there =
              objects(ObjectSet.requiring(Set.of(name), path))
                  .and(reader.of(schema), schema.path(), work);
        }
        ValueSet absent = objects(ObjectSet.with(name, Demand.NONE, Set.of(), path));
        ValueSet others = ValueSet.ANY.withObjects(List.of());
        set = set.and(others.or(absent, path, work).or(there, path, work), path, work);
      }
    }
    return set;
  }

  private static List<String> needed(Json value, Keywords keywords, String keyword)
      throws UnsupportedSchema {
    List<String> names = value.strings();
    if (value instanceof Json.Items(List<Json> all) && all.size() == names.size()) {
      return names;
    }
    throw keywords.wrong(keyword, "lists of names");
  }

  private static ValueSet objects(ObjectSet set) {
    return ValueSet.NONE.withObjects(List.of(set));
  }

  /** What exactly one branch lets in; where branches overlap, by what the others do not let in. */
  private ValueSet one(List<SchemaNode> branches, ValueSet base, String path)
      throws UnsupportedSchema {
    var sets = new ArrayList<ValueSet>();
    for (SchemaNode branch : branches) {
      sets.add(base.and(reader.of(branch), branch.path(), work));
    }
    ValueSet set = ValueSet.NONE;
    BitSet[] overlaps = overlaps(sets, path);
    for (int i = 0; i < sets.size(); i++) {
      ValueSet alone = sets.get(i);
      for (int j : overlaps[i].stream().toArray()) {
        alone = without(alone, branches.get(j), branches, path);
      }
      set = set.or(alone, path, work);
    }
    return set;
  }

  /** For each set, which others may have values of it. */
  private BitSet[] overlaps(List<ValueSet> sets, String path) throws UnsupportedSchema {
    var overlaps = new BitSet[sets.size()];
    Arrays.setAll(overlaps, _ -> new BitSet());
    for (int i = 0; i < overlaps.length; i++) {
      for (int j = 0; j < i; j++) {
        boolean overlap = !emptiness.isCertainOfBoth(sets.get(i), sets.get(j), path);
        overlaps[i].set(j, overlap);
        overlaps[j].set(i, overlap);
      }
    }
    return overlaps;
  }

  private ValueSet without(ValueSet set, SchemaNode other, List<SchemaNode> branches, String path)
      throws UnsupportedSchema {
    String why =
        "a value may fit this and another branch, so that not exactly one is certain; give each a"
            + " required property with a const of its own, or say anyOf";
    if (branches.size() > MOST_OVERLAPPING) {
      throw new UnsupportedSchema(other.path(), why);
    }
    try {
      return set.and(reader.not(other), path, work);
    } catch (UnsupportedSchema undecided) {
      throw new UnsupportedSchema(other.path(), why);
    }
  }

  /** Holds members that no schema has judged to {@code unevaluatedProperties}. */
  private ValueSet unevaluated(Keywords keywords, ValueSet set) throws UnsupportedSchema {
    Demand demand =
        SetReader.demand(document, document.child(keywords.node(), "unevaluatedProperties"));
    if (!anyIn(keywords) || keywords.has("additionalProperties") || demand.equals(Demand.ANY)) {
      return set;
    }
    var held = new ArrayList<ObjectSet>();
    for (ObjectSet each : set.objects()) {
      if (each.marks().open() || !each.marks().plain()) {
        throw new UnsupportedSchema(
            keywords.path("unevaluatedProperties"),
            "which names other schemas have evaluated is not known to a grammar here; only"
                + " properties in allOf, anyOf, oneOf and $ref are");
      }
      var others =
          each.others().stream()
              .map(names -> new NameClass(names.names(), names.demand().and(demand)))
              .toList();
      held.add(
          new ObjectSet(
              each.named(),
              others,
              each.required(),
              each.min(),
              each.max(),
              new Marks(true, true, false),
              keywords.path("unevaluatedProperties")));
    }
    return set.withObjects(held);
  }
}

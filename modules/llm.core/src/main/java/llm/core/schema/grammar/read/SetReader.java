package llm.core.schema.grammar.read;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.document.Json;
import llm.core.schema.grammar.document.SchemaDocument;
import llm.core.schema.grammar.document.SchemaNode;
import llm.core.schema.grammar.set.Demand;
import llm.core.schema.grammar.set.NumberSet;
import llm.core.schema.grammar.set.ValueSet;
import llm.core.schema.grammar.set.Work;
import llm.domain.text.Excerpt;

/**
 * Finds the set of values that fit a schema: exactly that set, or it refuses. Members and elements
 * stay demands, which are looked into one by one. Not thread-safe.
 */
public final class SetReader {
  private static final Set<String> TYPES =
      Set.of("null", "boolean", "integer", "number", "string", "array", "object");
  private static final int MOST_READ = 50_000;
  private static final int MOST_LEVELS = 200;

  private final SchemaDocument document;
  private final Map<Demand, ValueSet> known = new HashMap<>();
  private final Map<Demand.Part, ValueSet> knownParts = new HashMap<>();
  private final Set<Demand.Part> open = new HashSet<>();
  private final StringKeywords strings = new StringKeywords();
  private final Work work = new Work();
  private final Emptiness emptiness = new Emptiness(this, work);
  private final Negation negation;
  private final ObjectKeywords objects;
  private final Choices choices;
  private int read;

  /** A reader of this document's schemas. */
  public SetReader(SchemaDocument document) {
    this.document = document;
    this.negation = new Negation(this, strings, document, work);
    this.objects = new ObjectKeywords(this, strings, document);
    this.choices = new Choices(this, emptiness, document, work);
  }

  /** What fits all schemas of a demand. */
  public ValueSet of(Demand demand) throws UnsupportedSchema {
    ValueSet set = known.get(demand);
    if (set != null) {
      return set;
    }
    set = ValueSet.ANY;
    for (Demand.Part part : demand.parts()) {
      set = set.and(of(part), part.node().path(), work);
    }
    known.put(demand, set);
    return set;
  }

  /**
   * Whether it is certain that no value fits a demand.
   *
   * @param path of the keyword to blame where that takes too much
   */
  public boolean isEmpty(Demand demand, String path) throws UnsupportedSchema {
    return emptiness.isCertain(of(demand), path);
  }

  /** What fits one schema. */
  ValueSet of(SchemaNode node) throws UnsupportedSchema {
    return of(new Demand.Part(node, false));
  }

  /** What does not fit it. */
  ValueSet not(SchemaNode node) throws UnsupportedSchema {
    return of(new Demand.Part(node, true));
  }

  private ValueSet of(Demand.Part part) throws UnsupportedSchema {
    ValueSet set = knownParts.get(part);
    if (set != null) {
      return set;
    }
    String path = part.node().path();
    if (!open.add(part)) {
      throw new UnsupportedSchema(path, "the schema refers to itself before any value is read");
    }
    try {
      if (++read > MOST_READ || open.size() > MOST_LEVELS) {
        throw new UnsupportedSchema(path, "the schema is too involved to be made a grammar");
      }
      set = part.negated() ? negation.of(part.node()) : fitting(part.node());
    } finally {
      open.remove(part);
    }
    knownParts.put(part, set);
    return set;
  }

  private ValueSet fitting(SchemaNode node) throws UnsupportedSchema {
    if (node.value() instanceof Json.Flag(boolean all)) {
      return all ? ValueSet.ANY : ValueSet.NONE;
    }
    if (!(node.value() instanceof Json.Members)) {
      throw new UnsupportedSchema(node.path(), "a schema must be an object, true or false");
    }
    var keywords = new Keywords(node);
    ValueSet set = types(keywords);
    set = set.and(constants(keywords), keywords.firstPath("enum", "const"), work);
    set = set.and(own(keywords), node.path(), work);
    return choices.of(keywords, set);
  }

  /** What the keywords about single types say. */
  private ValueSet own(Keywords keywords) throws UnsupportedSchema {
    NumberSet numbers = NumberKeywords.of(keywords);
    ValueSet set = ValueSet.ANY;
    if (!numbers.isAny()) {
      set = set.withNumbers(numbers);
    }
    var texts = strings.of(keywords);
    if (!texts.isAny()) {
      set = set.withStrings(texts);
    }
    var arrays = ArrayKeywords.of(keywords, document);
    if (!arrays.isAny()) {
      set = set.withArrays(arrays);
    }
    var members = objects.of(keywords);
    return members.isAny() && !members.marks().open() ? set : set.withObjects(List.of(members));
  }

  private static ValueSet types(Keywords keywords) throws UnsupportedSchema {
    if (!keywords.has("type")) {
      return ValueSet.ANY;
    }
    Json type = keywords.node().keywords().get("type");
    Set<String> names =
        type instanceof Json.Text(String one)
            ? Set.of(one)
            : new LinkedHashSet<>(keywords.names("type"));
    for (String name : names) {
      if (!TYPES.contains(name)) {
        throw new UnsupportedSchema(
            keywords.path("type"), Excerpt.of(name) + " is no type of JSON Schema");
      }
    }
    return ValueSet.ofTypes(names, keywords.path("type"));
  }

  private ValueSet constants(Keywords keywords) throws UnsupportedSchema {
    ValueSet set = ValueSet.ANY;
    if (keywords.has("const")) {
      Json value = keywords.node().keywords().get("const");
      set = constants(List.of(value), keywords.path("const"));
    }
    return keywords.has("enum")
        ? set.and(
            constants(keywords.list("enum"), keywords.path("enum")), keywords.path("enum"), work)
        : set;
  }

  private ValueSet constants(List<Json> values, String path) throws UnsupportedSchema {
    var flags = new HashSet<Boolean>();
    var words = new LinkedHashSet<String>();
    var numbers = new LinkedHashSet<BigDecimal>();
    ValueSet set = ValueSet.NONE;
    var rest = new ArrayList<Json>();
    for (Json value : values) {
      switch (value) {
        case Json.Null _ -> set = set.or(ValueSet.ofTypes(Set.of("null"), path), path, work);
        case Json.Flag(boolean flag) -> flags.add(flag);
        case Json.Num(BigDecimal number) -> numbers.add(number);
        case Json.Text(String text) -> words.add(text);
        case Json.Items _, Json.Members _ -> rest.add(value);
      }
    }
    set =
        new ValueSet(
            set.nulls(),
            flags,
            numbers.isEmpty() ? List.of() : List.of(NumberSet.ofValues(numbers, path)),
            words.isEmpty() ? List.of() : List.of(strings.ofWords(words, path)),
            List.of(),
            List.of());
    for (Json value : rest) {
      set = set.or(of(SchemaNode.made(path, Json.schemaOf(value))), path, work);
    }
    return set;
  }

  /** The demand of a schema; references that stand alone are followed. */
  static Demand demand(SchemaDocument document, SchemaNode node) throws UnsupportedSchema {
    return Demand.of(followed(document, node));
  }

  static SchemaNode followed(SchemaDocument document, SchemaNode node) throws UnsupportedSchema {
    SchemaNode at = node;
    Set<SchemaNode> seen = new HashSet<>();
    while (at.keywords().size() == 1
        && at.keywords().get("$ref") instanceof Json.Text(String reference)
        && seen.add(at)) {
      at = document.resolve(at, reference, at.path("$ref"));
    }
    return at;
  }
}

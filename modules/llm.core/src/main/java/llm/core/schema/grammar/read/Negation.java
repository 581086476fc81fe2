package llm.core.schema.grammar.read;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.document.Json;
import llm.core.schema.grammar.document.SchemaDocument;
import llm.core.schema.grammar.document.SchemaNode;
import llm.core.schema.grammar.set.ArraySet;
import llm.core.schema.grammar.set.Demand;
import llm.core.schema.grammar.set.NumberSet;
import llm.core.schema.grammar.set.NumberSet.Bound;
import llm.core.schema.grammar.set.ObjectSet;
import llm.core.schema.grammar.set.ObjectSet.Marks;
import llm.core.schema.grammar.set.StringSet;
import llm.core.schema.grammar.set.ValueSet;
import llm.core.schema.grammar.set.Work;
import llm.core.schema.grammar.text.Format;

/** What does not fit a schema: what breaks one of its keywords, where that can be said. */
final class Negation {
  /** Keywords whose breach no grammar can say. */
  private static final Set<String> UNDECIDED =
      Set.of(
          "multipleOf",
          "items",
          "prefixItems",
          "additionalItems",
          "contains",
          "minContains",
          "maxContains",
          "patternProperties",
          "propertyNames",
          "oneOf",
          "if",
          "dependentRequired",
          "dependentSchemas",
          "dependencies",
          "unevaluatedItems",
          "unevaluatedProperties",
          "$dynamicRef",
          "$recursiveRef");

  private final SetReader reader;
  private final StringKeywords strings;
  private final SchemaDocument document;
  private final Work work;

  Negation(SetReader reader, StringKeywords strings, SchemaDocument document, Work work) {
    this.reader = reader;
    this.strings = strings;
    this.document = document;
    this.work = work;
  }

  ValueSet of(SchemaNode node) throws UnsupportedSchema {
    if (node.value() instanceof Json.Flag(boolean all)) {
      return all ? ValueSet.NONE : ValueSet.ANY;
    }
    if (!(node.value() instanceof Json.Members)) {
      throw new UnsupportedSchema(node.path(), "a schema must be an object, true or false");
    }
    var keywords = new Keywords(node);
    ValueSet set = ValueSet.NONE;
    for (String keyword : node.keywords().keySet()) {
      set = set.or(breach(keywords, keyword), node.path(), work);
    }
    return set;
  }

  private ValueSet breach(Keywords keywords, String keyword) throws UnsupportedSchema {
    String path = keywords.path(keyword);
    if (UNDECIDED.contains(keyword)) {
      throw new UnsupportedSchema(path, "a grammar cannot say what does not fit " + keyword);
    }
    return switch (keyword) {
      case "type" -> types(keywords);
      case "const" -> constants(List.of(keywords.node().keywords().get(keyword)), path);
      case "enum" -> constants(keywords.list(keyword), path);
      case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum" ->
          numbers(keywords, keyword);
      case "minLength", "maxLength", "pattern", "format" -> strings(keywords, keyword);
      case "minItems", "maxItems", "uniqueItems" -> arrays(keywords, keyword);
      case "minProperties", "maxProperties", "required", "properties", "additionalProperties" ->
          objects(keywords, keyword);
      case "allOf", "anyOf", "not", "$ref" -> applied(keywords, keyword);
      default -> ValueSet.NONE; // says nothing that a value could break
    };
  }

  private static ValueSet types(Keywords keywords) throws UnsupportedSchema {
    Json type = keywords.node().keywords().get("type");
    List<String> names =
        type instanceof Json.Text(String one) ? List.of(one) : keywords.names("type");
    var rest = new HashSet<>(Set.of("null", "boolean", "number", "string", "array", "object"));
    names.forEach(rest::remove);
    String path = keywords.path("type");
    ValueSet set = ValueSet.ofTypes(rest, path);
    return names.contains("integer") && !names.contains("number")
        ? set.withNumbers(NumberSet.of(NumberSet.Kind.FRACTIONAL, path))
        : set;
  }

  private ValueSet constants(List<Json> values, String path) throws UnsupportedSchema {
    var flags = new HashSet<>(ValueSet.ANY.flags());
    var words = new LinkedHashSet<String>();
    var numbers = new LinkedHashSet<BigDecimal>();
    boolean nulls = true;
    for (Json value : values) {
      switch (value) {
        case Json.Null _ -> nulls = false;
        case Json.Flag(boolean flag) -> flags.remove(flag);
        case Json.Num(BigDecimal number) -> numbers.add(number);
        case Json.Text(String text) -> words.add(text);
        case Json.Items _, Json.Members _ ->
            throw new UnsupportedSchema(path, "a grammar cannot say all objects or arrays but one");
      }
    }
    StringSet others =
        words.isEmpty()
            ? StringSet.ANY
            : strings.allBut(strings.ofWords(words, path).language().orElseThrow(), false, path);
    return new ValueSet(
        nulls,
        flags,
        List.of(numbers.isEmpty() ? NumberSet.ANY : NumberSet.allBut(numbers, path)),
        List.of(others),
        ValueSet.ANY.arrays(),
        ValueSet.ANY.objects());
  }

  private static ValueSet numbers(Keywords keywords, String keyword) throws UnsupportedSchema {
    BigDecimal bound = keywords.number(keyword).orElseThrow();
    Optional<Bound> beyond = Optional.of(new Bound(bound, keyword.startsWith("exclusive")));
    boolean low = keyword.endsWith("inimum");
    return ValueSet.NONE.withNumbers(
        NumberSet.between(
            low ? Optional.empty() : beyond,
            low ? beyond : Optional.empty(),
            keywords.path(keyword)));
  }

  private ValueSet strings(Keywords keywords, String keyword) throws UnsupportedSchema {
    String path = keywords.path(keyword);
    return switch (keyword) {
      case "pattern" -> {
        var found = strings.pattern(keywords.text(keyword).orElseThrow(), path);
        yield ValueSet.NONE.withStrings(strings.allBut(found, true, path));
      }
      case "format" -> {
        if (Format.isKnown(keywords.text(keyword).orElseThrow())) {
          throw new UnsupportedSchema(path, "a grammar cannot say what is not of a format");
        }
        yield ValueSet.NONE;
      }
      case "minLength" -> {
        int min = keywords.count(keyword, 0);
        yield min == 0
            ? ValueSet.NONE
            : ValueSet.NONE.withStrings(StringSet.ofLength(0, min - 1, path));
      }
      default -> {
        int max = keywords.count(keyword, 0);
        yield max == Integer.MAX_VALUE
            ? ValueSet.NONE
            : ValueSet.NONE.withStrings(StringSet.ofLength(max + 1, StringSet.UNBOUNDED, path));
      }
    };
  }

  private static ValueSet arrays(Keywords keywords, String keyword) throws UnsupportedSchema {
    String path = keywords.path(keyword);
    if (keyword.equals("uniqueItems")) {
      if (keywords.flag(keyword)) {
        throw new UnsupportedSchema(path, "a grammar cannot say that elements are equal");
      }
      return ValueSet.NONE;
    }
    int count = keywords.count(keyword, 0);
    boolean min = keyword.equals("minItems");
    if (min ? count == 0 : count == Integer.MAX_VALUE) {
      return ValueSet.NONE;
    }
    return ValueSet.NONE.withArrays(
        new ArraySet(
            List.of(),
            Demand.ANY,
            min ? 0 : count + 1,
            min ? count - 1 : ArraySet.UNBOUNDED,
            false,
            List.of(),
            path));
  }

  private ValueSet objects(Keywords keywords, String keyword) throws UnsupportedSchema {
    String path = keywords.path(keyword);
    ValueSet set = ValueSet.NONE;
    switch (keyword) {
      case "required" -> {
        for (String name : keywords.names(keyword)) {
          set = set.or(objects(ObjectSet.with(name, Demand.NONE, Set.of(), path)), path, work);
        }
        return set;
      }
      case "properties" -> {
        for (String name : keywords.map(keyword).keySet()) {
          SchemaNode member = document.child(keywords.node(), keyword, name);
          Demand broken = Demand.not(SetReader.followed(document, member));
          set = set.or(objects(ObjectSet.with(name, broken, Set.of(name), path)), path, work);
        }
        return set;
      }
      case "additionalProperties" -> {
        SchemaNode others = document.child(keywords.node(), keyword);
        if (!SetReader.demand(document, others).equals(Demand.ANY)) {
          throw new UnsupportedSchema(path, "a grammar cannot say what does not fit " + keyword);
        }
        return set;
      }
      default -> {
        int count = keywords.count(keyword, 0);
        boolean min = keyword.equals("minProperties");
        return (min ? count == 0 : count == Integer.MAX_VALUE)
            ? set
            : objects(
                min
                    ? ObjectSet.ofSize(0, count - 1, path)
                    : ObjectSet.ofSize(count + 1, ObjectSet.UNBOUNDED, path));
      }
    }
  }

  private static ValueSet objects(ObjectSet set) {
    return ValueSet.NONE.withObjects(List.of(set));
  }

  /** The same set, in which no members count as evaluated: what stands under not tells nothing. */
  private static ValueSet unmarked(ValueSet set) {
    if (set.objects().equals(ValueSet.ANY.objects())) {
      return set;
    }
    return set.withObjects(
        set.objects().stream()
            .map(each -> each.marked(new Marks(each.marks().open(), false, each.marks().exact())))
            .toList());
  }

  private ValueSet applied(Keywords keywords, String keyword) throws UnsupportedSchema {
    SchemaNode node = keywords.node();
    String path = keywords.path(keyword);
    switch (keyword) {
      case "not" -> {
        return unmarked(reader.of(document.child(node, keyword)));
      }
      case "$ref" -> {
        return reader.not(document.resolve(node, keywords.text(keyword).orElseThrow(), path));
      }
      default -> {
        boolean all = keyword.equals("allOf");
        ValueSet set = all ? ValueSet.NONE : ValueSet.ANY;
        for (int i = 0; i < keywords.list(keyword).size(); i++) {
          ValueSet not = reader.not(document.child(node, keyword, i));
          set = all ? set.or(not, path, work) : set.and(not, path, work);
        }
        return set;
      }
    }
  }
}

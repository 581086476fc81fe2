package llm.core.schema.grammar.read;

import java.util.ArrayList;
import java.util.List;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.document.Json;
import llm.core.schema.grammar.document.SchemaDocument;
import llm.core.schema.grammar.set.ArraySet;
import llm.core.schema.grammar.set.Demand;

/** The keywords about arrays. */
final class ArrayKeywords {
  private ArrayKeywords() {}

  static ArraySet of(Keywords keywords, SchemaDocument document) throws UnsupportedSchema {
    var prefix = new ArrayList<Demand>();
    boolean old = keywords.node().keywords().get("items") instanceof Json.Items;
    String first = old ? "items" : "prefixItems";
    List<Json> firsts = keywords.list(first);
    for (int i = 0; i < firsts.size(); i++) {
      prefix.add(SetReader.demand(document, document.child(keywords.node(), first, i)));
    }
    Demand rest = Demand.ANY;
    String others = old ? "additionalItems" : "items";
    if (keywords.has(others)) {
      rest = SetReader.demand(document, document.child(keywords.node(), others));
    } else if (keywords.has("unevaluatedItems")) {
      rest = unevaluated(keywords, document);
    }
    return new ArraySet(
        prefix,
        rest,
        keywords.count("minItems", 0),
        keywords.count("maxItems", ArraySet.UNBOUNDED),
        keywords.flag("uniqueItems"),
        contains(keywords, document),
        keywords.firstPath(
            "uniqueItems", "contains", "maxItems", "minItems", "prefixItems", "items"));
  }

  private static List<ArraySet.Contains> contains(Keywords keywords, SchemaDocument document)
      throws UnsupportedSchema {
    if (!keywords.has("contains")) {
      return List.of();
    }
    Demand demand = SetReader.demand(document, document.child(keywords.node(), "contains"));
    int min = keywords.count("minContains", 1);
    int max = keywords.count("maxContains", ArraySet.UNBOUNDED);
    return min == 0 && max == ArraySet.UNBOUNDED
        ? List.of()
        : List.of(new ArraySet.Contains(demand, min, max, keywords.path("contains")));
  }

  private static Demand unevaluated(Keywords keywords, SchemaDocument document)
      throws UnsupportedSchema {
    Demand demand = SetReader.demand(document, document.child(keywords.node(), "unevaluatedItems"));
    boolean judged = keywords.has("contains") || Choices.anyIn(keywords);
    if (judged && !demand.equals(Demand.ANY)) {
      throw new UnsupportedSchema(
          keywords.path("unevaluatedItems"),
          "what other schemas have evaluated is not known to a grammar; say items");
    }
    return demand;
  }
}

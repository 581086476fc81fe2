package llm.core.schema.valid;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.regex.Patterns;
import llm.core.schema.valid.Resource.Located;
import llm.core.schema.valid.Rule.Fault;

/** Makes of a document the rules that are in it. One compilation's; one thread. */
final class Compiler {
  private final SchemaDocument document;
  private final Map<JsonNode, Subschema> all = new IdentityHashMap<>();
  private final Deque<Located> waiting = new ArrayDeque<>();
  private final Patterns patterns = new Patterns();
  private boolean tracks;

  private Compiler(SchemaDocument document) {
    this.document = document;
  }

  /** What a document comes to. */
  record Compiled(Subschema root, boolean tracks) {}

  static Compiled compile(JsonNode node) throws InvalidSchema {
    var compiler = new Compiler(SchemaDocument.of(node));
    Subschema root = compiler.subschema(compiler.document.root());
    for (Located next = compiler.waiting.poll(); next != null; next = compiler.waiting.poll()) {
      compiler.fill(compiler.all.get(next.node()), next);
    }
    compiler.requireEnd();
    return new Compiled(root, compiler.tracks);
  }

  SchemaDocument document() {
    return document;
  }

  Patterns patterns() {
    return patterns;
  }

  /** Some keyword needs to know what others have judged. */
  void track() {
    tracks = true;
  }

  /** The schema there, whose rules are there at the end. */
  Subschema subschema(Located schema) {
    Subschema known = all.get(schema.node());
    if (known != null) {
      return known;
    }
    var made = new Subschema(schema.place(), schema.resource());
    all.put(schema.node(), made);
    waiting.add(schema);
    return made;
  }

  private void fill(Subschema made, Located schema) throws InvalidSchema {
    switch (schema.node()) {
      case BooleanNode flag -> {
        if (!flag.value()) {
          made.add((_, at, _, _) -> new Fault(at, made.place(), "expected no value here"));
        }
      }
      case ObjectNode object -> {
        var keywords = new Keywords(schema, object, this);
        Drafts.require(keywords);
        References.add(keywords, made);
        ScalarRules.add(keywords, made);
        ArrayRules.add(keywords, made);
        ObjectRules.add(keywords, made);
        LogicRules.add(keywords, made);
        UnevaluatedRules.add(keywords, made); // last: they see what the others have judged
      }
      default ->
          throw new InvalidSchema(schema.place(), "must be a schema: an object, true or false");
    }
  }

  /** Takes away all schemas that come to an end; those that are left go round in a circle. */
  private void requireEnd() throws InvalidSchema {
    var uses = new IdentityHashMap<Subschema, Integer>();
    for (Subschema schema : all.values()) {
      schema.sameValue().forEach(other -> uses.merge(other, 1, Integer::sum));
    }
    var free = new ArrayDeque<Subschema>();
    all.values().stream().filter(schema -> !uses.containsKey(schema)).forEach(free::add);
    while (!free.isEmpty()) {
      for (Subschema other : free.poll().sameValue()) {
        if (uses.merge(other, -1, Integer::sum) == 0) {
          uses.remove(other);
          free.add(other);
        }
      }
    }
    Optional<Subschema> round = uses.keySet().stream().findFirst();
    if (round.isPresent()) {
      throw new InvalidSchema(
          round.get().place(), "refers to itself, round and round, for one and the same value");
    }
  }
}

package llm.core.schema.valid;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.schema.valid.Resource.Located;

/** {@code $ref} and {@code $dynamicRef} (JSON Schema Core, section 8.2.3). */
final class References {
  private References() {}

  static void add(Keywords keywords, Subschema made) throws InvalidSchema {
    Optional<String> plain = keywords.text("$ref");
    if (plain.isPresent()) {
      Subschema target = target(keywords, plain.get(), "$ref");
      made.appliesInPlace(target);
      made.add(target::check);
    }
    Optional<String> dynamic = keywords.text("$dynamicRef");
    if (dynamic.isPresent()) {
      addDynamic(keywords, made, dynamic.get());
    }
  }

  private static Subschema target(Keywords keywords, String reference, String keyword)
      throws InvalidSchema {
    Compiler compiler = keywords.compiler();
    return compiler.subschema(
        compiler.document().find(keywords.resource(), reference, keywords.place(keyword)));
  }

  /**
   * It means what {@code $ref} would, but where that is a dynamic anchor, the outermost resource on
   * the way that has one of this name.
   */
  private static void addDynamic(Keywords keywords, Subschema made, String reference)
      throws InvalidSchema {
    Compiler compiler = keywords.compiler();
    Place place = keywords.place("$dynamicRef");
    Located first = compiler.document().find(keywords.resource(), reference, place);
    Subschema target = compiler.subschema(first);
    made.appliesInPlace(target);
    String name = reference.substring(reference.indexOf('#') + 1);
    if (!first.equals(first.resource().dynamicAnchors().get(name))) {
      made.add(target::check);
      return;
    }
    var byResource = new IdentityHashMap<Resource, Subschema>();
    for (Resource resource : compiler.document().resources()) {
      Located named = resource.dynamicAnchors().get(name);
      if (named != null) {
        byResource.put(resource, compiler.subschema(named));
      }
    }
    made.add((value, at, run, marks) ->
        outermost(run.scope(), byResource, target).check(value, at, run, marks));
  }

  private static Subschema outermost(
      Run.Scope scope, Map<Resource, Subschema> byResource, Subschema otherwise) {
    Subschema found = otherwise;
    for (Run.Scope at = scope; at != null; at = at.outer()) {
      found = byResource.getOrDefault(at.resource(), found);
    }
    return found;
  }
}

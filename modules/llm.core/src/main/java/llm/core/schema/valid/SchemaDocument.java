package llm.core.schema.valid;

import java.net.URI;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.core.schema.reference.SchemaReference;
import llm.core.schema.reference.SubschemaKeywords;
import llm.core.schema.valid.Resource.Located;

/**
 * Where the schemas of a document are, by what others call them: addresses, anchors and pointers
 * (JSON Schema Core, section 8.2). What is not in the document is nowhere: nothing is fetched.
 */
final class SchemaDocument {
  private static final String HOME = "schema:/"; // of a document that says no address

  private final Map<JsonNode, Located> schemas = new IdentityHashMap<>();
  private final Map<String, Resource> resources = new HashMap<>();
  private final Located root;

  private SchemaDocument(JsonNode node) throws InvalidSchema {
    var home = new Resource(HOME, node, Place.ROOT);
    resources.put(HOME, home);
    scan(home.root());
    this.root = schemas.get(node);
  }

  /**
   * Finds the schemas of a document.
   *
   * @throws InvalidSchema when one of its addresses or names is wrong
   */
  static SchemaDocument of(JsonNode node) throws InvalidSchema {
    return new SchemaDocument(node);
  }

  /** The schema that the document is. */
  Located root() {
    return root;
  }

  /** Those that have addresses. */
  Collection<Resource> resources() {
    return resources.values();
  }

  /** The schema {@code node}, that stands in {@code outer} at {@code place}. */
  Located at(JsonNode node, Place place, Resource outer) throws InvalidSchema {
    Located known = schemas.get(node);
    if (known != null) {
      return known;
    }
    scan(new Located(node, place, outer)); // a place that no keyword makes one for schemas
    return schemas.get(node);
  }

  private void scan(Located found) throws InvalidSchema {
    if (!(found.node() instanceof ObjectNode object)) {
      schemas.put(found.node(), found);
      return;
    }
    Located here = named(found, object.members());
    schemas.put(object, here);
    for (var member : object.members().entrySet()) {
      String keyword = member.getKey();
      Place place = here.place().member(keyword);
      switch (member.getValue()) {
        case ArrayNode array when SubschemaKeywords.SEVERAL.contains(keyword) ->
            scan(array.elements(), place, here.resource());
        case ObjectNode map when SubschemaKeywords.NAMED.contains(keyword) -> {
          for (var entry : map.members().entrySet()) {
            if (!(entry.getValue() instanceof ArrayNode)) { // names, in dependencies
              Place inside = place.member(entry.getKey());
              scan(new Located(entry.getValue(), inside, here.resource()));
            }
          }
        }
        case JsonNode node when SubschemaKeywords.ONE.contains(keyword) ->
            scan(new Located(node, place, here.resource()));
        default -> {
          // no schema
        }
      }
    }
  }

  private void scan(List<JsonNode> nodes, Place place, Resource resource) throws InvalidSchema {
    for (int i = 0; i < nodes.size(); i++) {
      scan(new Located(nodes.get(i), place.element(i), resource));
    }
  }

  /** Notes what a schema calls itself. */
  private Located named(Located found, Map<String, JsonNode> members) throws InvalidSchema {
    Located here = found;
    Optional<String> id = text(members, "$id", found.place());
    if (id.isPresent() && id.get().startsWith("#")) { // as drafts up to 7 wrote an anchor
      name(here.resource().anchors(), id.get().substring(1), here, "$id");
    } else if (id.isPresent()) {
      String uri = address(found.resource(), id.get(), found.place().member("$id"));
      var resource = new Resource(uri, found.node(), found.place());
      if (resources.putIfAbsent(uri, resource) != null) {
        throw new InvalidSchema(found.place().member("$id"), "another schema has the same address");
      }
      here = resource.root();
    }
    Optional<String> anchor = text(members, "$anchor", found.place());
    if (anchor.isPresent()) {
      name(here.resource().anchors(), anchor.get(), here, "$anchor");
    }
    Optional<String> dynamic = text(members, "$dynamicAnchor", found.place());
    if (dynamic.isPresent()) {
      name(here.resource().anchors(), dynamic.get(), here, "$dynamicAnchor");
      here.resource().dynamicAnchors().put(dynamic.get(), here);
    }
    return here;
  }

  private static void name(Map<String, Located> names, String name, Located here, String keyword)
      throws InvalidSchema {
    if (names.putIfAbsent(name, here) != null) {
      throw new InvalidSchema(here.place().member(keyword), "another schema has the same name");
    }
  }

  private static Optional<String> text(Map<String, JsonNode> members, String keyword, Place place)
      throws InvalidSchema {
    return switch (members.get(keyword)) {
      case null -> Optional.empty();
      case TextNode text -> Optional.of(text.text());
      default -> throw new InvalidSchema(place.member(keyword), "must be a string");
    };
  }

  /**
   * The schema that {@code reference} means in {@code from}.
   *
   * @param place of the keyword
   * @throws InvalidSchema when it is not in this document
   */
  Located find(Resource from, String reference, Place place) throws InvalidSchema {
    var parts = SchemaReference.of(reference);
    String address = parts.address();
    Resource resource = address.isEmpty() ? from : resources.get(address(from, address, place));
    if (resource == null) {
      throw new InvalidSchema(
          place, "refers to another document; put what it means into $defs and refer to that");
    }
    String fragment = decoded(parts, place);
    if (fragment.isEmpty()) {
      return at(resource.root().node(), resource.root().place(), resource);
    }
    if (fragment.startsWith("/")) {
      return pointed(resource, fragment, place);
    }
    Located named = resource.anchors().get(fragment);
    if (named == null) {
      throw new InvalidSchema(place, "refers to a name that no schema here has");
    }
    return named;
  }

  /** Goes along a JSON pointer (RFC 6901). */
  private Located pointed(Resource from, String pointer, Place place) throws InvalidSchema {
    JsonNode node = from.root().node();
    Place where = from.root().place();
    Resource resource = from;
    for (String name : SchemaReference.steps(pointer)) {
      Located known = schemas.get(node);
      resource = known == null ? resource : known.resource();
      switch (node) {
        case ObjectNode object -> {
          node = object.members().get(name);
          where = where.member(name);
        }
        case ArrayNode array -> {
          int index = SchemaReference.index(name, array.elements().size());
          node = index < 0 ? null : array.elements().get(index);
          where = where.element(index);
        }
        default -> node = null;
      }
      if (node == null) {
        throw new InvalidSchema(place, "refers to a place that is not in the schema");
      }
    }
    return at(node, where, resource);
  }

  private static String address(Resource from, String reference, Place place) throws InvalidSchema {
    try {
      URI resolved = URI.create(from.uri()).resolve(URI.create(reference)).normalize();
      String whole = resolved.toString();
      int hash = whole.indexOf('#');
      if (hash >= 0 && hash < whole.length() - 1) {
        throw new InvalidSchema(place, "must have no fragment");
      }
      return hash < 0 ? whole : whole.substring(0, hash);
    } catch (IllegalArgumentException _) {
      throw new InvalidSchema(place, "must be an address (RFC 3986)");
    }
  }

  private static String decoded(SchemaReference reference, Place place) throws InvalidSchema {
    try {
      return reference.decodedFragment();
    } catch (IllegalArgumentException _) {
      throw new InvalidSchema(place, "has a percent sign that begins no escape");
    }
  }
}

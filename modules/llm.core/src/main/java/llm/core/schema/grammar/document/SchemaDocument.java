package llm.core.schema.grammar.document;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.reference.SchemaReference;
import llm.core.schema.reference.SubschemaKeywords;
import llm.domain.text.Excerpt;

/**
 * A schema document: its schemas by their paths, and what references in it point to. Nothing is
 * ever fetched. Not thread-safe.
 */
public final class SchemaDocument {
  private static final int MOST_SCHEMAS = 20_000;

  private final Map<String, SchemaNode> byPath = new HashMap<>();
  private final Map<String, SchemaNode> resources = new HashMap<>();
  private final Map<String, SchemaNode> anchors = new HashMap<>();
  private final SchemaNode root;

  private SchemaDocument(Json value) throws UnsupportedSchema {
    root = node("$", value, "", null);
    index(root);
  }

  /** Reads the text of a schema. */
  public static SchemaDocument of(String text) throws UnsupportedSchema {
    return new SchemaDocument(JsonReader.read(text));
  }

  /** The whole document. */
  public SchemaNode root() {
    return root;
  }

  /** The schema that is the value of a keyword. */
  public SchemaNode child(SchemaNode node, String keyword) throws UnsupportedSchema {
    return node(node.path(keyword), node.keywords().get(keyword), node.base(), node.resource());
  }

  /** A schema of a list. */
  public SchemaNode child(SchemaNode node, String keyword, int index) throws UnsupportedSchema {
    Json value = ((Json.Items) node.keywords().get(keyword)).values().get(index);
    return node(SchemaNode.step(node.path(keyword), index), value, node.base(), node.resource());
  }

  /** A schema of a map. */
  public SchemaNode child(SchemaNode node, String keyword, String name) throws UnsupportedSchema {
    Json value = ((Json.Members) node.keywords().get(keyword)).values().get(name);
    return node(SchemaNode.step(node.path(keyword), name), value, node.base(), node.resource());
  }

  /**
   * What a reference in {@code node} points to.
   *
   * @param path of the reference, for the refusal
   */
  public SchemaNode resolve(SchemaNode node, String reference, String path)
      throws UnsupportedSchema {
    var parts = SchemaReference.of(reference);
    SchemaNode resource = node.resource();
    if (!parts.address().isEmpty()) {
      resource = resources.get(absolute(node.base(), parts.address(), path));
      if (resource == null) {
        throw new UnsupportedSchema(
            path,
            Excerpt.of(reference)
                + " is outside of the schema, and nothing is fetched; put it under $defs");
      }
    }
    String decoded = decoded(parts);
    if (decoded.isEmpty()) {
      return resource;
    }
    if (decoded.startsWith("/")) {
      return pointed(resource, decoded, path);
    }
    SchemaNode anchored = anchors.get(resource.path() + "#" + decoded);
    if (anchored == null) {
      throw new UnsupportedSchema(path, "there is no anchor " + Excerpt.of(decoded));
    }
    return anchored;
  }

  private SchemaNode pointed(SchemaNode from, String pointer, String path)
      throws UnsupportedSchema {
    Json value = from.value();
    String at = from.path();
    SchemaNode nearest = from;
    for (String step : SchemaReference.steps(pointer)) {
      if (value instanceof Json.Members(Map<String, Json> members) && members.containsKey(step)) {
        value = members.get(step);
        at = SchemaNode.step(at, step);
      } else if (value instanceof Json.Items(List<Json> items)
          && SchemaReference.index(step, items.size()) >= 0) {
        int index = SchemaReference.index(step, items.size());
        value = items.get(index);
        at = SchemaNode.step(at, index);
      } else {
        throw new UnsupportedSchema(
            path, "nothing stands at " + Excerpt.of(pointer) + " of the schema");
      }
      nearest = byPath.getOrDefault(at, nearest);
    }
    return node(at, value, nearest.base(), nearest.resource());
  }

  private SchemaNode node(String path, Json value, String base, SchemaNode resource)
      throws UnsupportedSchema {
    SchemaNode known = byPath.get(path);
    if (known != null) {
      return known;
    }
    if (byPath.size() >= MOST_SCHEMAS) {
      throw new UnsupportedSchema(path, "the document has more than " + MOST_SCHEMAS + " schemas");
    }
    SchemaNode made;
    if (value instanceof Json.Members(Map<String, Json> members)
        && members.get("$id") instanceof Json.Text(String id)
        && !id.startsWith("#")) {
      String own = absolute(base, id, SchemaNode.step(path, "$id"));
      made = new SchemaNode(path, value, own, null);
      resources.putIfAbsent(own, made);
    } else {
      made = new SchemaNode(path, value, base, resource);
    }
    byPath.put(path, made);
    return made;
  }

  private void index(SchemaNode node) throws UnsupportedSchema {
    Map<String, Json> keywords = node.keywords();
    for (String keyword : List.of("$anchor", "$dynamicAnchor", "$id")) {
      if (keywords.get(keyword) instanceof Json.Text(String name)) {
        if (!keyword.equals("$id") || name.startsWith("#")) {
          anchors.putIfAbsent(node.resource().path() + "#" + name.replaceFirst("^#", ""), node);
        }
      }
    }
    for (String keyword : SubschemaKeywords.ONE) {
      if (keywords.get(keyword) instanceof Json.Members) {
        index(child(node, keyword));
      }
    }
    for (String keyword : SubschemaKeywords.SEVERAL) {
      if (keywords.get(keyword) instanceof Json.Items(List<Json> values)) {
        for (int i = 0; i < values.size(); i++) {
          index(child(node, keyword, i));
        }
      }
    }
    for (String keyword : SubschemaKeywords.NAMED) {
      if (keywords.get(keyword) instanceof Json.Members(Map<String, Json> values)) {
        for (String name : values.keySet()) {
          index(child(node, keyword, name));
        }
      }
    }
  }

  private static String absolute(String base, String reference, String path)
      throws UnsupportedSchema {
    try {
      var uri = new URI(reference);
      URI whole = base.isEmpty() ? uri : new URI(base).resolve(uri);
      String text = whole.normalize().toString();
      return text.endsWith("#") ? text.substring(0, text.length() - 1) : text;
    } catch (URISyntaxException notOne) {
      throw new UnsupportedSchema(
          path, Excerpt.of(reference) + " is no URI: " + Excerpt.of(notOne.getReason()));
    }
  }

  private static String decoded(SchemaReference reference) {
    try {
      return reference.decodedFragment();
    } catch (IllegalArgumentException _) {
      return reference.fragment(); // a percent sign that stands for itself
    }
  }
}

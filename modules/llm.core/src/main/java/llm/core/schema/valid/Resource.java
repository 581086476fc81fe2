package llm.core.schema.valid;

import java.util.HashMap;
import java.util.Map;
import llm.core.schema.JsonNode;

/**
 * A schema that has an address of its own (JSON Schema Core, section 4.3.5), and the places in it
 * that have names. Filled while the document is read.
 */
final class Resource {
  private final String uri;
  private final Located root;
  private final Map<String, Located> anchors = new HashMap<>();
  private final Map<String, Located> dynamic = new HashMap<>();

  Resource(String uri, JsonNode node, Place place) {
    this.uri = uri;
    this.root = new Located(node, place, this);
  }

  /** A schema in its document. */
  record Located(JsonNode node, Place place, Resource resource) {}

  String uri() {
    return uri;
  }

  Located root() {
    return root;
  }

  Map<String, Located> anchors() {
    return anchors;
  }

  /** Those of the anchors that an outer resource may take the place of. */
  Map<String, Located> dynamicAnchors() {
    return dynamic;
  }
}

package llm.core.schema.grammar.document;

import java.util.Map;

/** A schema where it stands in its document. Two are the same when they are the same object. */
public final class SchemaNode {
  private final String path;
  private final Json value;
  private final String base;
  private final SchemaNode resource;

  SchemaNode(String path, Json value, String base, SchemaNode resource) {
    this.path = path;
    this.value = value;
    this.base = base;
    this.resource = resource == null ? this : resource;
  }

  /** A schema that stands in no document, told by the path of the keyword it was made for. */
  public static SchemaNode made(String path, Json value) {
    return new SchemaNode(path, value, "", null);
  }

  /** From {@code $}. */
  public String path() {
    return path;
  }

  /** The path of a keyword of it. */
  public String path(String keyword) {
    return step(path, keyword);
  }

  /** What stands there. */
  public Json value() {
    return value;
  }

  /** Its keywords; none for {@code true} and {@code false}. */
  public Map<String, Json> keywords() {
    return value instanceof Json.Members(Map<String, Json> members) ? members : Map.of();
  }

  /** The URI that references in it start from; empty: none. */
  String base() {
    return base;
  }

  /** The root of the schema resource that it belongs to. */
  SchemaNode resource() {
    return resource;
  }

  static String step(String path, String name) {
    if (name.matches("[A-Za-z_$][A-Za-z0-9_$-]*")) {
      return path + "." + name;
    }
    return path + "['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']";
  }

  static String step(String path, int index) {
    return path + "[" + index + "]";
  }

  @Override
  public String toString() {
    return path;
  }
}

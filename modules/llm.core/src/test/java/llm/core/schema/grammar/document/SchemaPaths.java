package llm.core.schema.grammar.document;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;

/** The paths of a document. */
public final class SchemaPaths {
  private SchemaPaths() {}

  /** Whether something stands at the path. */
  public static boolean exists(String schema, String path) {
    try {
      var found = new HashSet<String>();
      collect(JsonReader.read(schema), "$", found);
      return found.contains(path);
    } catch (UnsupportedSchema unreadable) {
      return path.equals("$");
    }
  }

  private static void collect(Json value, String path, Set<String> found) {
    found.add(path);
    switch (value) {
      case Json.Items(List<Json> items) -> {
        for (int i = 0; i < items.size(); i++) {
          collect(items.get(i), SchemaNode.step(path, i), found);
        }
      }
      case Json.Members(Map<String, Json> members) ->
          members.forEach((name, each) -> collect(each, SchemaNode.step(path, name), found));
      case Json.Null _, Json.Flag _, Json.Num _, Json.Text _ -> {}
    }
  }
}

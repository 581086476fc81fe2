package llm.providers.custom;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/**
 * A body of a request with places. A string that is one place and nothing else becomes the value
 * itself (a number, a list), or is left out with its field where there is none; a place within a
 * longer string becomes text there. Whatever a value says, it stays within its place: all that is
 * written is written as JSON. Immutable.
 */
final class Template {
  private static final Pattern PLACE = Pattern.compile("\\{\\{([^{}]*)}}");
  private static final int FIRST_BYTES = 1024;

  private final Node root;
  private final Set<Placeholder> named = EnumSet.noneOf(Placeholder.class);

  /** A piece of the body. */
  private sealed interface Node {
    record Fields(Map<String, Node> fields) implements Node {}

    record Elements(List<Node> elements) implements Node {}

    record Fixed(JsonText json) implements Node {}

    record Place(Placeholder what) implements Node {}

    record Words(List<Object> pieces) implements Node {} // strings and placeholders
  }

  /** What stands at the places of one request. */
  interface Values {
    /** Writes the value; only asked for one that is there. */
    void write(Placeholder place, JsonOut out);

    /** The value as text; empty where there is none. */
    Optional<String> text(Placeholder place);

    /** Whether there is a value. */
    boolean has(Placeholder place);
  }

  private Template(JsonCursor in) throws LlmException {
    this.root = node(in);
    if (!(root instanceof Node.Fields)) {
      throw in.expected("an object");
    }
  }

  /**
   * The template of a JSON text.
   *
   * @throws IllegalArgumentException with a message that completes "must …"
   */
  static Template of(String json) {
    Template template;
    try {
      template = JsonCursor.piece(new JsonText(json), "", Template::new);
    } catch (LlmException refused) {
      throw new IllegalArgumentException(
          "be a JSON object with places: " + refused.error().message(), refused);
    }
    if (!template.names(Placeholder.MESSAGES) && !template.names(Placeholder.PROMPT)) {
      throw new IllegalArgumentException(
          "say where the messages go: " + Placeholder.MESSAGES + " or " + Placeholder.PROMPT);
    }
    return template;
  }

  /** Whether it has this place. */
  boolean names(Placeholder place) {
    return named.contains(place);
  }

  /** The body as UTF-8 JSON. */
  byte[] fill(Values values) {
    var out = new JsonOut(FIRST_BYTES);
    write(root, values, out);
    return out.toBytes();
  }

  private Node node(JsonCursor in) throws LlmException {
    if (in.isObject()) {
      var fields = new LinkedHashMap<String, Node>();
      in.object(name -> fields.put(name, node(in)));
      return new Node.Fields(fields);
    }
    if (in.isArray()) {
      var elements = new ArrayList<Node>();
      in.array(_ -> elements.add(node(in)));
      return new Node.Elements(elements);
    }
    return in.isString() ? words(in.string(), in) : new Node.Fixed(in.cut());
  }

  private Node words(String text, JsonCursor in) throws LlmException {
    var pieces = new ArrayList<Object>();
    Matcher place = PLACE.matcher(text);
    int from = 0;
    while (place.find()) {
      if (place.start() > from) {
        pieces.add(text.substring(from, place.start()));
      }
      pieces.add(place(place.group(1).strip(), in));
      from = place.end();
    }
    if (from < text.length() || text.isEmpty()) {
      pieces.add(text.substring(from));
    }
    if (pieces.size() == 1 && pieces.getFirst() instanceof Placeholder what) {
      return new Node.Place(what);
    }
    for (Object piece : pieces) {
      if (piece instanceof Placeholder what && what.isList()) {
        throw in.refusal(in.path() + " has " + what + " within a text; it must stand alone");
      }
    }
    return new Node.Words(pieces);
  }

  private Placeholder place(String name, JsonCursor in) throws LlmException {
    Placeholder found =
        Placeholder.of(name)
            .orElseThrow(() ->
                in.refusal(
                    in.path() + " has {{" + name + "}}, which is none of " + Placeholder.all()));
    named.add(found);
    return found;
  }

  private static void write(Node node, Values values, JsonOut out) {
    switch (node) {
      case Node.Fields(var fields) -> {
        out.object();
        fields.forEach((name, value) -> {
          if (isThere(value, values)) {
            write(value, values, out.name(name));
          }
        });
        out.endObject();
      }
      case Node.Elements(var elements) -> {
        out.array();
        for (Node element : elements) {
          if (isThere(element, values)) {
            write(element, values, out);
          }
        }
        out.endArray();
      }
      case Node.Fixed(JsonText json) -> out.json(json);
      case Node.Place(Placeholder what) -> values.write(what, out);
      case Node.Words(var pieces) -> {
        var text = new StringBuilder();
        for (Object piece : pieces) {
          text.append(
              piece instanceof Placeholder what ? values.text(what).orElse("") : (String) piece);
        }
        out.value(text.toString());
      }
    }
  }

  private static boolean isThere(Node node, Values values) {
    return !(node instanceof Node.Place(Placeholder what)) || values.has(what);
  }
}

package llm.core.schema;

import java.util.List;
import java.util.Optional;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.Kind;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.core.schema.Schema.AnyOf;
import llm.core.schema.Schema.Choice;
import llm.core.schema.Schema.Property;
import llm.core.schema.Schema.Sequence;
import llm.core.schema.Schema.Structure;
import llm.domain.text.Excerpt;

/**
 * Holds values against schemas, at three moments: the kind of a value at its first character, the
 * name of a member when it is complete, the rest when the value is complete. What only one of
 * several schemas has to fit, and none is chosen yet, is checked when it is complete.
 */
final class SchemaCheck {
  private static final int MOST_CHARS = 40; // of a number in a message

  private SchemaCheck() {}

  /** What is wrong with a value, or with what stands at {@code path} inside of it. */
  record Misfit(String path, String expected, String found) {
    String under(String base) {
      boolean joined = base.isEmpty() || path.isEmpty() || path.startsWith("[");
      return joined ? base + path : base + "." + path;
    }
  }

  /** The part of a schema that is left for a value of this kind; null when it does not fit. */
  static Schema narrow(Schema declared, Kind kind) {
    if (!declared.fits(kind)) {
      return null;
    }
    if (declared instanceof AnyOf any) {
      List<Schema> left = any.options().stream().filter(option -> option.fits(kind)).toList();
      if (left.size() == 1) {
        return narrow(left.getFirst(), kind);
      }
      return left.size() == any.options().size() ? any : new AnyOf(left);
    }
    return declared;
  }

  /** What the member {@code name} has to fit; empty: there may be none of that name. */
  static Optional<Schema> member(Schema container, String name) {
    if (container instanceof Structure structure) {
      Optional<Schema> known = structure.property(name).map(Property::schema);
      return known.isPresent() ? known : structure.others();
    }
    return Optional.of(Schema.ANYTHING);
  }

  /** What an element has to fit. */
  static Schema element(Schema container) {
    return container instanceof Sequence sequence ? sequence.elements() : Schema.ANYTHING;
  }

  /** The most elements an array may have. */
  static int mostElements(Schema container) {
    return container instanceof Sequence sequence ? sequence.maxItems() : Schema.UNBOUNDED;
  }

  /** What is wrong with the name of a new member; null: nothing. */
  static Misfit name(ObjectNode object, String name) {
    if (object.member(name) != null) {
      return new Misfit(path(name), "each name once", "it again");
    }
    if (member(object.schema, name).isPresent()) {
      return null;
    }
    List<String> known =
        ((Structure) object.schema).properties().stream().map(Property::name).toList();
    String expected = known.isEmpty() ? "no members" : "a member named " + Bounds.choice(known);
    return new Misfit("", expected, "one named " + Excerpt.of(name));
  }

  /**
   * Lets the member that has just come to its end choose among the schemas of its object, as the
   * {@code type} of alternatives does; what came before the choice is checked once it is made.
   */
  static Misfit memberEnds(ObjectNode object, String name, JsonNode value) {
    if (!(object.schema instanceof AnyOf any) || !(value instanceof TextNode text)) {
      return null;
    }
    List<Schema> left =
        any.options().stream().filter(option -> mayBe(option, name, text.text())).toList();
    if (left.isEmpty()) {
      List<String> tags =
          any.options().stream().flatMap(option -> tags(option, name).stream()).distinct().toList();
      return new Misfit(path(name), Bounds.choice(tags), Excerpt.of(text.text()));
    }
    object.schema = left.size() == 1 ? left.getFirst() : new AnyOf(left);
    boolean behind = object.size() > 1 && object.schema instanceof Structure;
    return behind ? members(object, object.schema) : null;
  }

  /** What is wrong with a value that has just come to its end; null: nothing. */
  static Misfit complete(JsonNode node) {
    return node.schema instanceof AnyOf ? whole(node, node.schema) : limits(node, node.schema);
  }

  /** What is wrong with a complete value and all that is in it; null: nothing. */
  static Misfit whole(JsonNode node, Schema declared) {
    Schema schema = narrow(declared, node.kind());
    if (schema == null) {
      return new Misfit("", declared.words(), node.kind().words());
    }
    if (schema instanceof AnyOf any) {
      return anyOf(node, any);
    }
    Misfit inside =
        switch (node) {
          case ObjectNode object -> members(object, schema);
          case ArrayNode array -> elements(array, schema);
          default -> null;
        };
    return inside != null ? inside : limits(node, schema);
  }

  private static Misfit anyOf(JsonNode node, AnyOf any) {
    for (Schema option : any.options()) {
      if (whole(node, option) == null) {
        return null;
      }
    }
    return new Misfit("", any.words(), node.kind().words() + " that fits none of them");
  }

  private static Misfit members(ObjectNode object, Schema schema) {
    for (var member : object.members().entrySet()) {
      Optional<Schema> wanted = member(schema, member.getKey());
      if (wanted.isEmpty()) {
        return new Misfit("", "its members alone", "one named " + Excerpt.of(member.getKey()));
      }
      Misfit misfit = whole(member.getValue(), wanted.get());
      if (misfit != null) {
        return new Misfit(misfit.under(path(member.getKey())), misfit.expected(), misfit.found());
      }
    }
    return null;
  }

  private static Misfit elements(ArrayNode array, Schema schema) {
    int index = 0;
    for (JsonNode element : array.elements()) {
      Misfit misfit = whole(element, element(schema));
      if (misfit != null) {
        return new Misfit(misfit.under("[" + index + "]"), misfit.expected(), misfit.found());
      }
      index++;
    }
    return null;
  }

  /** What a value of the right kind may break still, its parts apart. */
  private static Misfit limits(JsonNode node, Schema schema) {
    return switch (schema) {
      case Schema.Text wanted -> length(((TextNode) node).text(), wanted);
      case Choice wanted -> choice(((TextNode) node).text(), wanted);
      case Schema.Whole wanted -> whole((NumberNode) node, wanted);
      case Schema.Decimal wanted -> decimal((NumberNode) node, wanted);
      case Sequence wanted -> {
        int size = ((ArrayNode) node).size();
        boolean fits = size >= wanted.minItems() && size <= wanted.maxItems();
        yield fits ? null : new Misfit("", wanted.words(), size + " of them");
      }
      case Structure wanted -> required((ObjectNode) node, wanted);
      case Schema.Flag _, Schema.Nothing _, AnyOf _, Schema.Anything _ -> null;
    };
  }

  private static Misfit length(String text, Schema.Text wanted) {
    if (wanted.minLength() == 0 && text.length() <= wanted.maxLength()) {
      return null;
    }
    int length = text.codePointCount(0, text.length());
    boolean fits = length >= wanted.minLength() && length <= wanted.maxLength();
    return fits ? null : new Misfit("", wanted.words(), length + " of them");
  }

  private static Misfit choice(String text, Choice wanted) {
    return wanted.values().contains(text) ? null : new Misfit("", wanted.words(), Excerpt.of(text));
  }

  private static Misfit whole(NumberNode number, Schema.Whole wanted) {
    boolean fits =
        number.isLong() && number.asLong() >= wanted.min() && number.asLong() <= wanted.max();
    return fits ? null : new Misfit("", wanted.words(), shortened(number.text()));
  }

  private static Misfit decimal(NumberNode number, Schema.Decimal wanted) {
    double value = number.asDouble();
    boolean fits = Double.isFinite(value) && value >= wanted.min() && value <= wanted.max();
    return fits ? null : new Misfit("", wanted.words(), shortened(number.text()));
  }

  private static Misfit required(ObjectNode object, Structure wanted) {
    List<String> missing =
        wanted.properties().stream()
            .filter(property -> property.required() && object.member(property.name()) == null)
            .map(property -> Excerpt.of(property.name()))
            .toList();
    return missing.isEmpty()
        ? null
        : new Misfit(
            "",
            (missing.size() == 1 ? "the member " : "the members ") + String.join(", ", missing),
            "the end of the object");
  }

  private static boolean mayBe(Schema option, String name, String value) {
    List<String> tags = tags(option, name);
    return tags.isEmpty() || tags.contains(value);
  }

  /** The values that a schema's member may have; empty: not known. */
  private static List<String> tags(Schema option, String name) {
    boolean chosen =
        option instanceof Structure structure
            && structure.property(name).isPresent()
            && structure.property(name).get().schema() instanceof Choice;
    return chosen
        ? ((Choice) ((Structure) option).property(name).orElseThrow().schema()).values()
        : List.of();
  }

  private static String path(String name) {
    var path = new StringBuilder();
    OpenNodes.appendName(path, name);
    return path.toString();
  }

  private static String shortened(String number) {
    return number.length() <= MOST_CHARS ? number : number.substring(0, MOST_CHARS) + "…";
  }
}

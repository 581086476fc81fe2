package llm.core.schema;

import java.util.Optional;
import llm.core.schema.Schema.AnyOf;
import llm.core.schema.Schema.Choice;
import llm.core.schema.Schema.Property;
import llm.core.schema.Schema.Sequence;
import llm.core.schema.Schema.Structure;
import llm.domain.chat.JsonText;
import llm.domain.text.JsonWriter;

/**
 * Writes a schema without blanks, its keywords always in one order, properties in theirs. A bound
 * that is only what a Java type holds is left out.
 */
final class SchemaWriter {
  private final JsonWriter out = new JsonWriter();

  private SchemaWriter() {}

  static JsonText write(Schema schema) {
    var writer = new SchemaWriter();
    writer.schema(schema, Optional.empty());
    return writer.out.toJson();
  }

  private void schema(Schema schema, Optional<String> description) {
    out.beginObject();
    switch (schema) {
      case Schema.Text text -> {
        type("string");
        bounds("minLength", text.minLength(), "maxLength", text.maxLength());
      }
      case Choice choice -> {
        type("string");
        out.name("enum").beginArray();
        choice.values().forEach(out::value);
        out.endArray();
      }
      case Schema.Whole whole -> whole(whole);
      case Schema.Decimal decimal -> {
        type("number");
        bound("minimum", decimal.min());
        bound("maximum", decimal.max());
      }
      case Schema.Flag _ -> type("boolean");
      case Schema.Nothing _ -> type("null");
      case Sequence sequence -> {
        type("array");
        out.name("items");
        schema(sequence.elements(), Optional.empty());
        bounds("minItems", sequence.minItems(), "maxItems", sequence.maxItems());
      }
      case Structure structure -> structure(structure);
      case AnyOf any -> {
        out.name("anyOf").beginArray();
        any.options().forEach(option -> schema(option, Optional.empty()));
        out.endArray();
      }
      case Schema.Anything _ -> {
        // no keyword: nothing is asked for
      }
    }
    description.ifPresent(text -> out.name("description").value(text));
    out.endObject();
  }

  private void structure(Structure structure) {
    type("object");
    structure.description().ifPresent(text -> out.name("description").value(text));
    if (!structure.properties().isEmpty()) {
      out.name("properties").beginObject();
      for (Property property : structure.properties()) {
        out.name(property.name());
        schema(property.schema(), ownDescription(property));
      }
      out.endObject();
    }
    if (structure.properties().stream().anyMatch(Property::required)) {
      out.name("required").beginArray();
      structure.properties().stream()
          .filter(Property::required)
          .forEach(property -> out.value(property.name()));
      out.endArray();
    }
    if (structure.others().isEmpty()) {
      out.name("additionalProperties").value(false);
    } else if (!structure.others().get().equals(Schema.ANYTHING)) {
      out.name("additionalProperties");
      schema(structure.others().get(), Optional.empty());
    }
  }

  /** A keyword stands once: an object's own description goes before that of its place. */
  private static Optional<String> ownDescription(Property property) {
    boolean described =
        property.schema() instanceof Structure inner && inner.description().isPresent();
    return described ? Optional.empty() : property.description();
  }

  private void whole(Schema.Whole whole) {
    type("integer");
    if (Bounds.isInt(whole.min(), whole.max())) {
      return;
    }
    if (whole.min() != Long.MIN_VALUE) {
      out.name("minimum").value(whole.min());
    }
    if (whole.max() != Long.MAX_VALUE) {
      out.name("maximum").value(whole.max());
    }
  }

  private void type(String type) {
    out.name("type").value(type);
  }

  private void bounds(String minName, int min, String maxName, int max) {
    if (min > 0) {
      out.name(minName).value(min);
    }
    if (max != Schema.UNBOUNDED) {
      out.name(maxName).value(max);
    }
  }

  private void bound(String name, double bound) {
    if (Double.isFinite(bound)) {
      out.name(name).value(new JsonText(Bounds.decimal(bound)));
    }
  }
}

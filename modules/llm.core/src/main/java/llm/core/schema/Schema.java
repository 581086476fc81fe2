package llm.core.schema;

import java.util.List;
import java.util.Optional;
import llm.core.schema.JsonNode.Kind;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/**
 * What a JSON value has to look like: the part of JSON Schema (draft 2020-12) that this product
 * understands, and no more, so that every schema can be checked while the value is still coming.
 *
 * <p>Read from text by {@link #parse}, made from a record by {@link RecordType}, written by {@link
 * #toJson}. Immutable.
 */
public sealed interface Schema {
  /** Fits everything. */
  Schema ANYTHING = new Anything();

  /** The longest string, array or object that may be asked for: no bound. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /** Whether a value of this kind may fit. */
  default boolean fits(Kind kind) {
    return switch (this) {
      case Text _, Choice _ -> kind == Kind.STRING;
      case Whole _, Decimal _ -> kind == Kind.NUMBER;
      case Flag _ -> kind == Kind.BOOLEAN;
      case Nothing _ -> kind == Kind.NULL;
      case Sequence _ -> kind == Kind.ARRAY;
      case Structure _ -> kind == Kind.OBJECT;
      case AnyOf any -> any.options().stream().anyMatch(option -> option.fits(kind));
      case Anything _ -> true;
    };
  }

  /** What fits, for a sentence: {@code an integer from 0 to 10}. */
  String words();

  /**
   * Reads a schema.
   *
   * @param schema JSON text
   * @param path where it stands in the request, for messages; may be empty
   * @throws LlmException with {@code InvalidRequest} for text that is no JSON, for a keyword
   *     outside of the supported part and for a value that a keyword cannot have
   */
  static Schema parse(JsonText schema, String path) throws LlmException {
    return SchemaReader.read(schema, path);
  }

  /** The schema in JSON: the same schema always gives the same bytes. */
  default JsonText toJson() {
    return SchemaWriter.write(this);
  }

  /**
   * A string.
   *
   * @param minLength in characters (code points), 0 or more
   * @param maxLength in characters (code points), {@link #UNBOUNDED} for no bound
   */
  record Text(int minLength, int maxLength) implements Schema {
    /** Rejects bounds that nothing fits. */
    public Text {
      Bounds.require(minLength, maxLength);
    }

    @Override
    public String words() {
      return "a string" + Bounds.words(minLength, maxLength, "characters");
    }
  }

  /**
   * One of some strings.
   *
   * @param values at least one, in the order in which they are written
   */
  record Choice(List<String> values) implements Schema {
    /** Copies the list; rejects an empty one. */
    public Choice {
      values = List.copyOf(values);
      if (values.isEmpty()) {
        throw new IllegalArgumentException("a choice needs at least one value");
      }
    }

    @Override
    public String words() {
      return Bounds.choice(values);
    }
  }

  /** An integer of 64 bits from {@code min} to {@code max}, both included. */
  record Whole(long min, long max) implements Schema {
    /** Rejects bounds that nothing fits. */
    public Whole {
      if (min > max) {
        throw new IllegalArgumentException("minimum " + min + " is above maximum " + max);
      }
    }

    @Override
    public String words() {
      return "an integer" + Bounds.words(min, max);
    }
  }

  /** A number from {@code min} to {@code max}, both included; infinite ones do not bound. */
  record Decimal(double min, double max) implements Schema {
    /** Rejects bounds that nothing fits. */
    public Decimal {
      if (!(min <= max)) {
        throw new IllegalArgumentException("minimum " + min + " is above maximum " + max);
      }
    }

    @Override
    public String words() {
      return "a number" + Bounds.words(min, max);
    }
  }

  /** {@code true} or {@code false}. */
  record Flag() implements Schema {
    @Override
    public String words() {
      return Kind.BOOLEAN.words();
    }
  }

  /** {@code null}. */
  record Nothing() implements Schema {
    @Override
    public String words() {
      return Kind.NULL.words();
    }
  }

  /**
   * An array.
   *
   * @param elements what each of its elements has to fit
   * @param minItems the fewest, 0 or more
   * @param maxItems the most, {@link #UNBOUNDED} for no bound
   */
  record Sequence(Schema elements, int minItems, int maxItems) implements Schema {
    /** Rejects bounds that nothing fits. */
    public Sequence {
      Bounds.require(minItems, maxItems);
    }

    @Override
    public String words() {
      return "an array" + Bounds.words(minItems, maxItems, "elements");
    }
  }

  /**
   * An object.
   *
   * @param properties the members it knows, by name, in the order in which they are to come
   * @param others what members of other names have to fit; empty: there are none
   * @param description for the model
   */
  record Structure(List<Property> properties, Optional<Schema> others, Optional<String> description)
      implements Schema {
    /** Copies the list; rejects two properties of one name. */
    public Structure {
      properties = List.copyOf(properties);
      if (properties.stream().map(Property::name).distinct().count() < properties.size()) {
        throw new IllegalArgumentException("two properties have the same name: " + properties);
      }
    }

    /** The property of that name. */
    public Optional<Property> property(String name) {
      for (Property property : properties) {
        if (property.name().equals(name)) {
          return Optional.of(property);
        }
      }
      return Optional.empty();
    }

    @Override
    public String words() {
      return Kind.OBJECT.words();
    }
  }

  /**
   * A member of an object.
   *
   * @param required whether an object without it is refused
   * @param description for the model
   */
  record Property(String name, Schema schema, boolean required, Optional<String> description) {}

  /**
   * Fits what fits one of some schemas.
   *
   * @param options at least one, tried in this order
   */
  record AnyOf(List<Schema> options) implements Schema {
    /** Copies the list; rejects an empty one. */
    public AnyOf {
      options = List.copyOf(options);
      if (options.isEmpty()) {
        throw new IllegalArgumentException("anyOf needs at least one schema");
      }
    }

    @Override
    public String words() {
      return Bounds.either(options.stream().map(Schema::words).distinct().toList());
    }
  }

  /** Any value at all. */
  record Anything() implements Schema {
    @Override
    public String words() {
      return "a value";
    }
  }
}

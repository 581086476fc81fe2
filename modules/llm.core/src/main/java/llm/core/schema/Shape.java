package llm.core.schema;

import java.lang.reflect.Constructor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A Java type that JSON can be bound to, with its schema. */
sealed interface Shape {
  /** The member that tells which of several records an object is. */
  String TAG = "type";

  Schema schema();

  /** {@code String}. */
  record Text(Schema.Text schema) implements Shape {}

  /** An enum, by the names of its constants in JSON. */
  record Constant(Schema.Choice schema, Map<String, Object> constants) implements Shape {}

  /** {@code int}, {@code long} and their boxes. */
  record Whole(Schema.Whole schema, boolean isLong) implements Shape {}

  /** {@code double} and its box. */
  record Decimal(Schema.Decimal schema) implements Shape {}

  /** {@code boolean} and its box. */
  record Flag(Schema.Flag schema) implements Shape {}

  /** {@code Optional}. */
  record Maybe(Schema schema, Shape inner) implements Shape {}

  /** {@code List}. */
  record Sequence(Schema.Sequence schema, Shape elements) implements Shape {}

  /** {@code Map} from strings. */
  record Dictionary(Schema.Structure schema, Shape values) implements Shape {}

  /** A record, made by its canonical constructor. */
  record Made(Schema.Structure schema, List<Part> parts, Class<?> type, Constructor<?> constructor)
      implements Shape {}

  /** A component of a record; without {@code missing} the record cannot be made without it. */
  record Part(String name, Shape shape, Missing missing) {}

  /** What stands for a component that has not come. */
  enum Missing {
    NULL,
    EMPTY_OPTIONAL,
    EMPTY_LIST,
    EMPTY_MAP,
    NO_RECORD;

    /** The value; {@code NO_RECORD} has none. */
    Object value() {
      return switch (this) {
        case NULL, NO_RECORD -> null;
        case EMPTY_OPTIONAL -> Optional.empty();
        case EMPTY_LIST -> List.of();
        case EMPTY_MAP -> Map.of();
      };
    }
  }

  /** A sealed interface: one of its records, which {@link #TAG} names. */
  record Alternatives(Schema schema, Map<String, Made> records) implements Shape {}
}

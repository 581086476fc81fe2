package llm.core.schema;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads shapes from Java types; what has no shape is refused by name. */
final class ShapeReader {
  private static final String SUPPORTED =
      "String, int, long, double, boolean and their boxes, enums, Optional, List,"
          + " Map<String, …>, records, sealed interfaces of records";

  private final Deque<Class<?>> within = new ArrayDeque<>();

  Shape.Made record(Class<?> type) {
    return record(type, Optional.empty());
  }

  private Shape.Made record(Class<?> type, Optional<String> tag) {
    if (within.contains(type)) {
      throw new IllegalArgumentException(
          type.getName() + " contains itself; a record that does has no schema here");
    }
    within.push(type);
    var parts = new ArrayList<Shape.Part>();
    var properties = new ArrayList<Schema.Property>();
    tag.ifPresent(name ->
        properties.add(
            new Schema.Property(
                Shape.TAG, new Schema.Choice(List.of(name)), true, Optional.empty())));
    for (RecordComponent component : type.getRecordComponents()) {
      Member member = component.getAnnotation(Member.class);
      Shape shape = shape(component.getGenericType(), bounds(member), component);
      String name =
          member == null || member.name().isEmpty()
              ? snakeCase(component.getName())
              : member.name();
      parts.add(new Shape.Part(name, shape, missing(shape, component.getType())));
      boolean required = !(shape instanceof Shape.Maybe);
      properties.add(new Schema.Property(name, shape.schema(), required, description(member)));
    }
    within.pop();
    var schema =
        new Schema.Structure(
            properties, Optional.empty(), description(type.getAnnotation(Member.class)));
    return new Shape.Made(schema, List.copyOf(parts), type, constructor(type));
  }

  private Shape shape(Type type, Bounded bounds, RecordComponent of) {
    Shape shape =
        type instanceof ParameterizedType generic
            ? generic(generic, bounds, of)
            : plain((type instanceof Class<?> plain) ? plain : Object.class, bounds, of);
    if (!bounds.taken) {
      throw refused(of, "has a bound that does not go with its type");
    }
    return shape;
  }

  private Shape plain(Class<?> type, Bounded bounds, RecordComponent of) {
    if (type == String.class) {
      return new Shape.Text(new Schema.Text(bounds.minSize(), bounds.maxSize()));
    }
    if (type == int.class || type == Integer.class) {
      return new Shape.Whole(bounds.whole(Integer.MIN_VALUE, Integer.MAX_VALUE), false);
    }
    if (type == long.class || type == Long.class) {
      return new Shape.Whole(bounds.whole(Long.MIN_VALUE, Long.MAX_VALUE), true);
    }
    if (type == double.class || type == Double.class) {
      return new Shape.Decimal(bounds.decimal());
    }
    if (type == boolean.class || type == Boolean.class) {
      return new Shape.Flag(new Schema.Flag());
    }
    if (type.isEnum()) {
      return constant(type);
    }
    if (type.isRecord()) {
      return record(type);
    }
    if (type.isInterface() && type.isSealed()) {
      return alternatives(type);
    }
    throw refused(of, "has a type without a schema; supported are " + SUPPORTED);
  }

  private Shape generic(ParameterizedType type, Bounded bounds, RecordComponent of) {
    Type[] arguments = type.getActualTypeArguments();
    if (type.getRawType() == Optional.class) {
      Shape inner = shape(arguments[0], bounds, of);
      return new Shape.Maybe(
          new Schema.AnyOf(List.of(inner.schema(), new Schema.Nothing())), present(inner, of));
    }
    if (type.getRawType() == List.class) {
      int min = bounds.minSize();
      int max = bounds.maxSize();
      Shape elements = present(shape(arguments[0], new Bounded(null), of), of);
      return new Shape.Sequence(new Schema.Sequence(elements.schema(), min, max), elements);
    }
    if (type.getRawType() == Map.class && arguments[0] == String.class) {
      Shape values = present(shape(arguments[1], new Bounded(null), of), of);
      return new Shape.Dictionary(
          new Schema.Structure(List.of(), Optional.of(values.schema()), Optional.empty()), values);
    }
    throw refused(of, "has a type without a schema; supported are " + SUPPORTED);
  }

  private static Shape present(Shape inner, RecordComponent of) {
    if (inner instanceof Shape.Maybe) {
      throw refused(of, "has an Optional inside of another type; an Optional is a component");
    }
    return inner;
  }

  private static Shape constant(Class<?> type) {
    var constants = new LinkedHashMap<String, Object>();
    for (Object constant : type.getEnumConstants()) {
      String name = ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
      if (constants.put(name, constant) != null) {
        throw new IllegalArgumentException(
            type.getName() + " has two constants of the name " + name);
      }
    }
    return new Shape.Constant(new Schema.Choice(List.copyOf(constants.keySet())), constants);
  }

  private Shape alternatives(Class<?> type) {
    var records = new LinkedHashMap<String, Shape.Made>();
    var options = new ArrayList<Schema>();
    for (Class<?> permitted : type.getPermittedSubclasses()) {
      if (!permitted.isRecord()) {
        throw new IllegalArgumentException(
            permitted.getName() + ", which " + type.getName() + " permits, is no record");
      }
      String tag = snakeCase(permitted.getSimpleName());
      Shape.Made made = record(permitted, Optional.of(tag));
      if (records.put(tag, made) != null) {
        throw new IllegalArgumentException(
            type.getName() + " permits two records of the name " + tag);
      }
      options.add(made.schema());
    }
    Schema schema = options.size() == 1 ? options.getFirst() : new Schema.AnyOf(options);
    return new Shape.Alternatives(schema, records);
  }

  private static Shape.Missing missing(Shape shape, Class<?> type) {
    return switch (shape) {
      case Shape.Maybe _ -> Shape.Missing.EMPTY_OPTIONAL;
      case Shape.Sequence _ -> Shape.Missing.EMPTY_LIST;
      case Shape.Dictionary _ -> Shape.Missing.EMPTY_MAP;
      default -> type.isPrimitive() ? Shape.Missing.NO_RECORD : Shape.Missing.NULL;
    };
  }

  private static Constructor<?> constructor(Class<?> type) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      if (constructor.trySetAccessible()) {
        return constructor;
      }
    } catch (NoSuchMethodException impossible) {
      throw new IllegalStateException(impossible); // every record has its canonical constructor
    }
    throw new IllegalArgumentException(
        "llm.core may not make a %s: open %s to llm.core in %s"
            .formatted(type.getName(), type.getPackageName(), type.getModule()));
  }

  private static Optional<String> description(Member member) {
    return member == null || member.description().isEmpty()
        ? Optional.empty()
        : Optional.of(member.description());
  }

  private static IllegalArgumentException refused(RecordComponent of, String why) {
    return new IllegalArgumentException(
        "component %s of %s, a %s, %s"
            .formatted(of.getName(), of.getDeclaringRecord().getName(), of.getGenericType(), why));
  }

  /** {@code isSafe} as {@code is_safe}, {@code HTTPStatus} as {@code http_status}. */
  static String snakeCase(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
        .replaceAll("([A-Z]+)([A-Z][a-z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }

  private static Bounded bounds(Member member) {
    return new Bounded(member);
  }

  /** The bounds of a component, and whether its type has taken them. */
  private static final class Bounded {
    private final Member member;
    private boolean taken;

    Bounded(Member member) {
      boolean none =
          member == null
              || member.min() == Double.NEGATIVE_INFINITY
                  && member.max() == Double.POSITIVE_INFINITY
                  && member.minSize() == 0
                  && member.maxSize() == Schema.UNBOUNDED;
      this.member = none ? null : member;
      this.taken = none;
    }

    private boolean ofNumbers() {
      return member != null && member.minSize() == 0 && member.maxSize() == Schema.UNBOUNDED;
    }

    private boolean ofSizes() {
      return member != null && Double.isInfinite(member.min()) && Double.isInfinite(member.max());
    }

    int minSize() {
      taken |= ofSizes();
      return member == null ? 0 : member.minSize();
    }

    int maxSize() {
      taken |= ofSizes();
      return member == null ? Schema.UNBOUNDED : member.maxSize();
    }

    Schema.Whole whole(long least, long most) {
      taken |= ofNumbers();
      return member == null
          ? new Schema.Whole(least, most)
          : new Schema.Whole(
              Math.max(least, (long) Math.ceil(member.min())),
              Math.min(most, (long) Math.floor(member.max())));
    }

    Schema.Decimal decimal() {
      taken |= ofNumbers();
      return member == null
          ? new Schema.Decimal(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY)
          : new Schema.Decimal(member.min(), member.max());
    }
  }
}

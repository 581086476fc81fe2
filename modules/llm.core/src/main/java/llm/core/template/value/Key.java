package llm.core.template.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;

/**
 * What a mapping is asked by: a string, a number, a truth or nothing. Equal as in Python: {@code
 * 1}, {@code 1.0} and {@code True} are one key, {@code '1'} is another. Immutable.
 */
public final class Key implements Comparable<Key> {
  private final Value value;
  private final Object sameness;

  private Key(Value value, Object sameness) {
    this.value = value;
    this.sameness = sameness;
  }

  /** A string. */
  public static Key of(String name) {
    return of(Text.of(name));
  }

  /** A string. */
  public static Key of(Text name) {
    return new Key(Value.of(name), name);
  }

  /** By this value; empty for what is no key: lists, mappings, functions, what is not defined. */
  public static Optional<Key> of(Value value) {
    return switch (value) {
      case Value.Str(Text text) -> Optional.of(new Key(value, text));
      case Value.Int(BigInteger number) -> Optional.of(new Key(value, number));
      case Value.Bool(boolean truth) ->
          Optional.of(new Key(value, truth ? BigInteger.ONE : BigInteger.ZERO));
      case Value.Real(double number) -> Optional.of(new Key(value, number(number)));
      case Value.None none -> Optional.of(new Key(value, none));
      default -> Optional.empty();
    };
  }

  private static Object number(double number) {
    boolean whole = Double.isFinite(number) && Math.rint(number) == number;
    return whole ? new BigDecimal(number).toBigInteger() : (Object) number;
  }

  /** What it was made of. */
  public Value value() {
    return value;
  }

  /** Its words, where it is a string. */
  public Optional<Text> text() {
    return value instanceof Value.Str(Text text) ? Optional.of(text) : Optional.empty();
  }

  /** The name it has in JSON. */
  Text json() {
    return switch (value) {
      case Value.Str(Text text) -> text;
      case Value.Int(BigInteger number) -> Text.of(number.toString());
      case Value.Real(double number) -> Text.of(Numbers.json(number));
      case Value.Bool(boolean truth) -> Text.of(truth ? "true" : "false");
      default -> Text.of("null");
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Key key && sameness.equals(key.sameness);
  }

  @Override
  public int hashCode() {
    return sameness.hashCode();
  }

  /** Some order, for maps that hold many of them. */
  @Override
  public int compareTo(Key other) {
    if (sameness instanceof BigInteger number && other.sameness instanceof BigInteger another) {
      return number.compareTo(another);
    }
    int kind = sameness.getClass().getName().compareTo(other.sameness.getClass().getName());
    return kind != 0 ? kind : sameness.toString().compareTo(other.sameness.toString());
  }

  @Override
  public String toString() {
    return value instanceof Value.Str(Text text) ? text.toString() : json().toString();
  }
}

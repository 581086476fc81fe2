package llm.core.template.value;

import java.math.BigInteger;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value in a template. Immutable but for {@link Space}. */
public sealed interface Value {
  /** Python's {@code None}. */
  Value NONE = new None();

  /** Python's {@code True}. */
  Value TRUE = new Bool(true);

  /** Python's {@code False}. */
  Value FALSE = new Bool(false);

  /** What is not there; printing it gives nothing, asking more of it is an error. */
  record Undefined(String name) implements Value {}

  /** Python's {@code None}. */
  record None() implements Value {}

  /** True or false. */
  record Bool(boolean value) implements Value {}

  /** A whole number. */
  record Int(BigInteger value) implements Value {}

  /** A number with a fraction. */
  record Real(double value) implements Value {}

  /** A string. */
  record Str(Text value) implements Value {}

  /**
   * A list or a tuple.
   *
   * @param items may be any values
   * @param form how it is printed
   */
  record Items(List<Value> items, Form form) implements Value {
    /** Copies the list. */
    public Items {
      items = List.copyOf(items);
    }
  }

  /** How a sequence is printed. */
  enum Form {
    /** In square brackets. */
    LIST,
    /** In round ones. */
    TUPLE
  }

  /** A dictionary, in order. */
  record Dict(Map<Key, Value> entries) implements Value {
    /** Copies the entries. */
    public Dict {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }
  }

  /** What {@code namespace()} makes: its fields can be set. */
  record Space(Map<String, Value> fields) implements Value {}

  /** Something to call. */
  record Function(String name, Body body) implements Value {
    /** What it does. */
    @FunctionalInterface
    public interface Body {
      /** Computes the result. */
      Value call(Arguments arguments) throws TemplateException;
    }
  }

  /** A string of the template's own words. */
  static Value of(String text) {
    return new Str(Text.of(text));
  }

  /** A string. */
  static Value of(Text text) {
    return new Str(text);
  }

  /** A whole number. */
  static Value of(long number) {
    return new Int(BigInteger.valueOf(number));
  }

  /** A truth. */
  static Value of(boolean truth) {
    return truth ? TRUE : FALSE;
  }

  /** A list. */
  static Value list(List<Value> items) {
    return new Items(items, Form.LIST);
  }
}

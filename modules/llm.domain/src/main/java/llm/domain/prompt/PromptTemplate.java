package llm.domain.prompt;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.regex.Pattern;
import llm.domain.text.Excerpt;

/**
 * A prompt with named places, as {@code Summarise {text} in {language}.}
 *
 * <ul>
 *   <li>A place is <code>{name}</code>; a name has 1 to 64 of {@code A-Z a-z 0-9 _} and begins with
 *       no digit.
 *   <li>A brace that is meant as such is written twice: <code>{{</code> and <code>}}</code>. JSON
 *       in a prompt reads <code>{{"answer": "{answer}"}}</code>.
 *   <li>Values are put in as they are. A brace in a value is text, so that what a user wrote can
 *       name no place.
 * </ul>
 *
 * Immutable; equal by its text.
 */
public final class PromptTemplate {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,63}");

  private final String text;
  private final List<Part> parts;
  private final SequencedSet<String> variables;

  private sealed interface Part {
    record Literal(String text) implements Part {}

    record Place(String name) implements Part {}
  }

  private PromptTemplate(String text) {
    this.text = text;
    this.parts = List.copyOf(parse(text));
    var names = new LinkedHashSet<String>();
    for (Part part : parts) {
      if (part instanceof Part.Place(String name)) {
        names.add(name);
      }
    }
    this.variables = Collections.unmodifiableSequencedSet(names);
  }

  /**
   * Reads a template; it may have no place at all.
   *
   * @throws IllegalArgumentException when a brace has no partner or a place has no legal name; says
   *     at which character, from 1
   */
  public static PromptTemplate of(String text) {
    return new PromptTemplate(text);
  }

  /** The template as it was given. */
  public String text() {
    return text;
  }

  /** The names of the places, in the order of their first use; unmodifiable. */
  public SequencedSet<String> variables() {
    return variables;
  }

  /** Those of {@link #variables()} that {@code values} has nothing for, in the same order. */
  public SequencedSet<String> missingVariables(Map<String, String> values) {
    var missing = new LinkedHashSet<String>(variables);
    missing.removeIf(values::containsKey);
    return missing;
  }

  /**
   * The prompt with a value at each place. Values that have no place are ignored.
   *
   * @throws IllegalArgumentException naming every place that has no value
   */
  public String render(Map<String, String> values) {
    var missing = missingVariables(values);
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "prompt template has no value for " + String.join(", ", missing));
    }
    var out = new StringBuilder(text.length() + 256);
    for (Part part : parts) {
      switch (part) {
        case Part.Literal(String literal) -> out.append(literal);
        case Part.Place(String name) -> out.append(values.get(name));
      }
    }
    return out.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PromptTemplate that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }

  private static List<Part> parse(String text) {
    var parts = new ArrayList<Part>();
    var literal = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '{' && c != '}') {
        literal.append(c);
      } else if (text.startsWith(c == '{' ? "{{" : "}}", i)) {
        literal.append(c);
        i++;
      } else {
        String name = placeAt(text, i);
        parts.add(new Part.Literal(literal.toString()));
        parts.add(new Part.Place(name));
        literal.setLength(0);
        i += name.length() + 1;
      }
    }
    parts.add(new Part.Literal(literal.toString()));
    return parts;
  }

  /** The name of the place whose opening brace stands at {@code open}. */
  private static String placeAt(String text, int open) {
    int close = text.charAt(open) == '{' ? text.indexOf('}', open) : -1;
    if (close < 0) {
      throw new IllegalArgumentException(
          "prompt template has a '"
              + text.charAt(open)
              + "' without partner at character "
              + (open + 1)
              + "; a brace that is meant as such is written twice");
    }
    String name = text.substring(open + 1, close);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "prompt template has a place named "
              + Excerpt.of(name)
              + " at character "
              + (open + 1)
              + "; a name must match "
              + NAME.pattern()
              + ", and a brace that is meant as such is written twice");
    }
    return name;
  }
}

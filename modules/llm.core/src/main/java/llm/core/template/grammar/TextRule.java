package llm.core.template.grammar;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import llm.core.dialect.grammar.GbnfLiteral;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/**
 * Parameters that are written as text between tags, without quotes or escapes: what a schema says
 * of strings, for text that does not hold the tag behind it.
 */
final class TextRule {
  private static final int MOST_COUNTED = 1_000; // characters that a schema may count
  private static final int MOST_REFERENCES = 8;
  private static final String STRING = "\"string\"";
  private static final String PLAIN = "[^<\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F]";

  /** What says nothing of which values are legal. */
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "title",
          "description",
          "default",
          "example",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly",
          "$comment",
          "$id",
          "$schema",
          "$anchor",
          "$defs",
          "definitions",
          "nullable");

  private static final Set<String> OF_STRINGS =
      Set.of("type", "enum", "const", "minLength", "maxLength");

  private final ParameterField field;
  private final String tag;
  private final RuleBook rules;

  /**
   * For one parameter.
   *
   * @param tag what ends its value; it begins with {@code <}, and has none but there
   */
  TextRule(ParameterField field, String tag, RuleBook rules) {
    this.field = field;
    this.tag = tag;
    this.rules = rules;
  }

  /** Whether a schema binds nothing. */
  static boolean isFree(JsonText schema) {
    String text = schema.value().strip();
    return text.equals("true") || ANNOTATIONS.containsAll(Members.of(schema).keySet());
  }

  /** Any text that does not hold the tag. */
  String any() {
    String name = "text-" + tag.replaceAll("[^a-z]", "") + "-";
    for (int count = tag.length() - 1; count >= 0; count--) {
      rules.rule(name + count, behind(count, name));
    }
    return name + 0;
  }

  /** What may follow when the first {@code count} characters of the tag have come. */
  private String behind(int count, String name) {
    String anew = "\"<\" " + name + "1";
    if (count == 0) {
      return PLAIN + "* (" + anew + ")?";
    }
    char next = tag.charAt(count);
    String goesOn = count == tag.length() - 1 ? "" : " | \"" + next + "\" " + name + (count + 1);
    return "(" + PLAIN.replace("<", "<" + next) + " " + name + "0 | " + anew + goesOn + ")?";
  }

  /**
   * What the parameter's schema says of strings; other types it may have are left out.
   *
   * @throws LlmException for keywords that cannot be held in text without quotes
   */
  String constrained() throws LlmException {
    return of(Members.of(field.schema()), field.path(), 0);
  }

  private String of(Map<String, JsonText> schema, String path, int references) throws LlmException {
    if (schema.containsKey("$ref") && references < MOST_REFERENCES) {
      requireAlone("$ref", schema, path);
      return of(field.target(Members.text(schema.get("$ref"))), path, references + 1);
    }
    for (String union : List.of("anyOf", "oneOf")) {
      if (schema.containsKey(union)) {
        requireAlone(union, schema, path);
        return ofUnion(union, schema.get(union), path, references);
      }
    }
    for (String keyword : schema.keySet()) {
      if (!OF_STRINGS.contains(keyword) && !ANNOTATIONS.contains(keyword)) {
        throw ParameterField.refusal(
            path + "." + keyword,
            "this model writes strings as they are, and there only type, enum, const, minLength"
                + " and maxLength can be held");
      }
    }
    if (schema.containsKey("enum") || schema.containsKey("const")) {
      return oneOf(schema, path);
    }
    return counted(schema, path);
  }

  /** The first branch that has strings; of {@code oneOf} there may be no other one. */
  private String ofUnion(String union, JsonText branches, String path, int references)
      throws LlmException {
    List<JsonText> all = Members.elements(branches);
    int found = -1;
    for (int i = 0; i < all.size(); i++) {
      if (hasStrings(Members.of(all.get(i)), 0)) {
        if (found >= 0 && union.equals("oneOf")) {
          throw ParameterField.refusal(
              path + ".oneOf[" + i + "]", "more than one branch has strings; send anyOf");
        }
        found = found < 0 ? i : found;
      }
    }
    if (found < 0) {
      throw ParameterField.refusal(path + "." + union, "no branch has the type string");
    }
    return of(Members.of(all.get(found)), path + "." + union + "[" + found + "]", references);
  }

  private boolean hasStrings(Map<String, JsonText> schema, int references) throws LlmException {
    if (schema.containsKey("$ref") && references < MOST_REFERENCES) {
      return hasStrings(field.target(Members.text(schema.get("$ref"))), references + 1);
    }
    JsonText type = schema.get("type");
    return type == null || type.value().contains(STRING);
  }

  private static void requireAlone(String keyword, Map<String, JsonText> schema, String path)
      throws LlmException {
    for (String other : schema.keySet()) {
      if (!other.equals(keyword) && !ANNOTATIONS.contains(other)) {
        throw ParameterField.refusal(
            path + "." + other, "it cannot be held beside " + keyword + " in text without quotes");
      }
    }
  }

  private String counted(Map<String, JsonText> schema, String path) throws LlmException {
    boolean free = !schema.containsKey("minLength") && !schema.containsKey("maxLength");
    if (free) {
      return any();
    }
    int least = count(schema, "minLength", path, 0);
    int most = count(schema, "maxLength", path, MOST_COUNTED);
    if (least > most) {
      throw ParameterField.refusal(path + ".minLength", "no string is so long and that short");
    }
    return rules.rule(PLAIN + "{" + least + "," + most + "}");
  }

  private static int count(Map<String, JsonText> schema, String keyword, String path, int otherwise)
      throws LlmException {
    JsonText count = schema.get(keyword);
    if (count == null) {
      return otherwise;
    }
    boolean held = count.value().matches("[0-9]{1,4}");
    int value = held ? Integer.parseInt(count.value()) : 0;
    if (!held || value > MOST_COUNTED) {
      throw ParameterField.refusal(
          path + "." + keyword, "it must be an integer of 0 to " + MOST_COUNTED);
    }
    return value;
  }

  private String oneOf(Map<String, JsonText> schema, String path) throws LlmException {
    boolean isEnum = schema.containsKey("enum");
    requireTypes(schema, isEnum ? "enum" : "const", path);
    List<JsonText> values =
        isEnum ? Members.elements(schema.get("enum")) : List.of(schema.get("const"));
    Set<String> texts = new HashSet<>();
    for (JsonText value : values) {
      if (Members.isText(value)) {
        texts.add(Members.text(value));
      }
    }
    List<String> held = new ArrayList<>();
    for (String text : texts) {
      boolean same = text.equals(text.strip()) && !text.equals("null");
      if (same && !text.contains(tag)) {
        held.add(GbnfLiteral.of(text));
      }
    }
    if (held.isEmpty()) {
      throw ParameterField.refusal(
          path, "it has no string that can be written between tags as it is");
    }
    return rules.rule(held.stream().sorted().collect(Collectors.joining(" | ")));
  }

  private static void requireTypes(Map<String, JsonText> schema, String values, String path)
      throws LlmException {
    for (String keyword : schema.keySet()) {
      boolean known =
          keyword.equals(values) || keyword.equals("type") || ANNOTATIONS.contains(keyword);
      if (!known) {
        throw ParameterField.refusal(
            path + "." + keyword, "it cannot be held beside " + values + "; leave it out");
      }
    }
  }
}

package llm.core.template.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * One parameter of a tool, for formats that write arguments one by one.
 *
 * @param name its name
 * @param schema its own schema, a document by itself
 * @param definitions what the tool's schema defines, by the keyword it stands under
 * @param required whether it must be given
 * @param path where its schema stands in the request
 */
record ParameterField(
    String name,
    JsonText schema,
    Map<String, JsonText> definitions,
    boolean required,
    String path) {
  private static final String PROPERTIES = "properties";
  private static final String REQUIRED = "required";
  private static final JsonText NONE = new JsonText("[]");
  private static final List<String> DEFINITIONS = List.of("$defs", "definitions");

  /** What binds an object as a whole, and cannot be held where its members come one by one. */
  private static final Set<String> WHOLE =
      Set.of(
          "allOf",
          "anyOf",
          "oneOf",
          "not",
          "if",
          "$ref",
          "$dynamicRef",
          "enum",
          "const",
          "patternProperties",
          "propertyNames",
          "minProperties",
          "maxProperties",
          "dependentRequired",
          "dependentSchemas",
          "dependencies");

  /**
   * The parameters of a tool in the order in which they are declared; others that the schema may
   * allow are none.
   *
   * @param path where the schema stands in the request
   * @throws LlmException with {@code InvalidRequest} for a schema that binds more than its
   *     parameters one by one
   */
  static List<ParameterField> of(JsonText schema, String path) throws LlmException {
    Map<String, JsonText> keywords = Members.of(schema);
    for (String keyword : keywords.keySet()) {
      if (WHOLE.contains(keyword)) {
        throw refusal(
            path + "." + keyword,
            "this model writes arguments one by one, and what binds them together cannot be held");
      }
    }
    Map<String, JsonText> definitions = new LinkedHashMap<>();
    DEFINITIONS.stream()
        .filter(keywords::containsKey)
        .forEach(keyword -> definitions.put(keyword, keywords.get(keyword)));
    Map<String, JsonText> properties =
        Members.of(keywords.getOrDefault(PROPERTIES, JsonText.EMPTY_OBJECT));
    Set<String> required = required(keywords, path);
    List<ParameterField> fields = new ArrayList<>();
    for (Map.Entry<String, JsonText> property : properties.entrySet()) {
      String name = property.getKey();
      String at = path + "." + PROPERTIES + "." + Excerpt.shortened(name);
      boolean isRequired = required.remove(name);
      boolean isImpossible = property.getValue().value().strip().equals("false");
      if (isImpossible && isRequired) {
        throw refusal(at, "it is required, and nothing fits it");
      }
      if (!isImpossible) {
        fields.add(new ParameterField(name, property.getValue(), definitions, isRequired, at));
      }
    }
    if (!required.isEmpty()) {
      throw refusal(
          path + "." + REQUIRED,
          "'"
              + Excerpt.shortened(required.iterator().next())
              + "' is required and not among the properties; declare it there");
    }
    return fields;
  }

  private static Set<String> required(Map<String, JsonText> keywords, String path)
      throws LlmException {
    Set<String> names = new LinkedHashSet<>();
    for (JsonText name : Members.elements(keywords.getOrDefault(REQUIRED, NONE))) {
      if (!Members.isText(name)) {
        throw refusal(path + "." + REQUIRED, "it must be an array of names");
      }
      names.add(Members.text(name));
    }
    return names;
  }

  /** Its schema as a document that holds what it refers to. */
  JsonText document() throws LlmException {
    String text = schema.value().strip();
    if (!text.startsWith("{") || !text.contains("$ref") || definitions.isEmpty()) {
      return schema;
    }
    for (String keyword : Members.of(schema).keySet()) {
      if (definitions.containsKey(keyword)) {
        throw refusal(path + "." + keyword, "define it once, in the tool's schema");
      }
    }
    var document = new StringBuilder("{");
    definitions.forEach((keyword, value) ->
        document.append('"').append(keyword).append("\":").append(value.value()).append(','));
    return new JsonText(document.append(text, 1, text.length()).toString());
  }

  /** What its schema refers to by {@code $ref}. */
  Map<String, JsonText> target(String pointer) throws LlmException {
    for (Map.Entry<String, JsonText> defined : definitions.entrySet()) {
      String begin = "#/" + defined.getKey() + "/";
      if (pointer.startsWith(begin)) {
        String name = pointer.substring(begin.length()).replace("~1", "/").replace("~0", "~");
        JsonText target = Members.of(defined.getValue()).get(name);
        if (target != null) {
          return Members.of(target);
        }
      }
    }
    throw refusal(path + ".$ref", "it refers to nothing in $defs or definitions");
  }

  /** A schema at {@code path} that cannot be held. */
  static LlmException refusal(String path, String reason) {
    return new LlmException(LlmError.InvalidRequest.at(path, path + ": " + reason));
  }
}

package llm.core.schema.grammar.read;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.document.Json;
import llm.core.schema.grammar.document.SchemaNode;

/** The keywords of one schema, with the types that they must have. */
record Keywords(SchemaNode node) {
  private static final BigDecimal MOST = BigDecimal.valueOf(Integer.MAX_VALUE);

  boolean has(String keyword) {
    return node.keywords().containsKey(keyword);
  }

  String path(String keyword) {
    return node.path(keyword);
  }

  /** The first of the keywords that is there, for a refusal; the schema itself when none is. */
  String firstPath(String... keywords) {
    for (String keyword : keywords) {
      if (has(keyword)) {
        return path(keyword);
      }
    }
    return node.path();
  }

  Optional<BigDecimal> number(String keyword) throws UnsupportedSchema {
    Json value = node.keywords().get(keyword);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof Json.Num(BigDecimal number)) {
      return Optional.of(number);
    }
    throw wrong(keyword, "a number");
  }

  /** A count; what no text reaches is {@link Integer#MAX_VALUE}. */
  int count(String keyword, int absent) throws UnsupportedSchema {
    Optional<BigDecimal> number = number(keyword);
    if (number.isEmpty()) {
      return absent;
    }
    if (number.get().signum() < 0 || number.get().scale() > 0) {
      throw wrong(keyword, "a whole number from 0");
    }
    return number.get().min(MOST).intValue();
  }

  boolean flag(String keyword) throws UnsupportedSchema {
    Json value = node.keywords().get(keyword);
    if (value == null || value instanceof Json.Flag) {
      return value != null && ((Json.Flag) value).value();
    }
    throw wrong(keyword, "true or false");
  }

  Optional<String> text(String keyword) throws UnsupportedSchema {
    Json value = node.keywords().get(keyword);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof Json.Text(String text)) {
      return Optional.of(text);
    }
    throw wrong(keyword, "a string");
  }

  List<String> names(String keyword) throws UnsupportedSchema {
    Json value = node.keywords().get(keyword);
    if (value == null) {
      return List.of();
    }
    List<String> names = value.strings();
    if (value instanceof Json.Items(List<Json> values) && names.size() == values.size()) {
      return names;
    }
    throw wrong(keyword, "a list of names");
  }

  List<Json> list(String keyword) throws UnsupportedSchema {
    Json value = node.keywords().get(keyword);
    if (value == null) {
      return List.of();
    }
    if (value instanceof Json.Items(List<Json> values)) {
      return values;
    }
    throw wrong(keyword, "a list");
  }

  Map<String, Json> map(String keyword) throws UnsupportedSchema {
    Json value = node.keywords().get(keyword);
    if (value == null) {
      return Map.of();
    }
    if (value instanceof Json.Members(Map<String, Json> members)) {
      return members;
    }
    throw wrong(keyword, "an object");
  }

  UnsupportedSchema wrong(String keyword, String expected) {
    return new UnsupportedSchema(path(keyword), keyword + " must be " + expected);
  }
}

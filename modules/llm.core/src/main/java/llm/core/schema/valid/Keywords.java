package llm.core.schema.valid;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.core.schema.regex.Regex;
import llm.core.schema.regex.RegexProblem;
import llm.core.schema.valid.Resource.Located;
import llm.core.schema.value.Numbers;

/** The keywords of one schema, each as what it has to be. */
final class Keywords {
  private final Located schema;
  private final Map<String, JsonNode> members;
  private final Compiler compiler;

  Keywords(Located schema, ObjectNode node, Compiler compiler) {
    this.schema = schema;
    this.members = node.members();
    this.compiler = compiler;
  }

  boolean has(String keyword) {
    return members.containsKey(keyword);
  }

  /** The value of a keyword that may be anything. */
  Optional<JsonNode> any(String keyword) {
    return Optional.ofNullable(members.get(keyword));
  }

  Place place(String keyword) {
    return schema.place().member(keyword);
  }

  Resource resource() {
    return schema.resource();
  }

  Compiler compiler() {
    return compiler;
  }

  /** A whole number that is not negative; what is larger than a long is the largest. */
  OptionalLong count(String keyword) throws InvalidSchema {
    Optional<BigDecimal> number = number(keyword);
    if (number.isEmpty()) {
      return OptionalLong.empty();
    }
    if (number.get().signum() < 0 || !Numbers.isWhole(number.get())) {
      throw wrong(keyword, "must be a whole number from 0 on");
    }
    boolean isHuge = number.get().compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0;
    return OptionalLong.of(isHuge ? Long.MAX_VALUE : number.get().longValueExact());
  }

  Optional<BigDecimal> number(String keyword) throws InvalidSchema {
    return switch (members.get(keyword)) {
      case null -> Optional.empty();
      case NumberNode number -> Optional.of(Numbers.of(number));
      default -> throw wrong(keyword, "must be a number");
    };
  }

  Optional<String> text(String keyword) throws InvalidSchema {
    return switch (members.get(keyword)) {
      case null -> Optional.empty();
      case TextNode text -> Optional.of(text.text());
      default -> throw wrong(keyword, "must be a string");
    };
  }

  boolean flag(String keyword) throws InvalidSchema {
    return switch (members.get(keyword)) {
      case null -> false;
      case BooleanNode flag -> flag.value();
      default -> throw wrong(keyword, "must be true or false");
    };
  }

  Optional<Regex> regex(String keyword) throws InvalidSchema {
    Optional<String> text = text(keyword);
    return text.isEmpty() ? Optional.empty() : Optional.of(regex(text.get(), place(keyword)));
  }

  Regex regex(String text, Place place) throws InvalidSchema {
    try {
      return compiler.patterns().of(text);
    } catch (RegexProblem problem) {
      throw new InvalidSchema(
          place, "is no regular expression that can be matched here: " + problem.getMessage());
    }
  }

  /** Strings, each once. */
  List<String> names(String keyword) throws InvalidSchema {
    JsonNode value = members.get(keyword);
    return value == null ? List.of() : names(value, place(keyword));
  }

  private static List<String> names(JsonNode value, Place place) throws InvalidSchema {
    var names = new LinkedHashSet<String>();
    if (!(value instanceof ArrayNode array)) {
      throw new InvalidSchema(place, "must be an array of strings");
    }
    for (JsonNode element : array.elements()) {
      if (!(element instanceof TextNode text) || !names.add(text.text())) {
        throw new InvalidSchema(place, "must be an array of strings, each of them once");
      }
    }
    return List.copyOf(names);
  }

  Optional<Subschema> schema(String keyword) throws InvalidSchema {
    JsonNode value = members.get(keyword);
    return value == null ? Optional.empty() : Optional.of(compile(value, place(keyword)));
  }

  /** Schemas in an array that has some. */
  List<Subschema> schemas(String keyword) throws InvalidSchema {
    JsonNode value = members.get(keyword);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof ArrayNode array) || array.elements().isEmpty()) {
      throw wrong(keyword, "must be an array of schemas that is not empty");
    }
    var all = new ArrayList<Subschema>();
    for (int i = 0; i < array.elements().size(); i++) {
      all.add(compile(array.elements().get(i), place(keyword).element(i)));
    }
    return all;
  }

  /** Schemas by names. */
  Map<String, Subschema> schemasByName(String keyword) throws InvalidSchema {
    var all = new LinkedHashMap<String, Subschema>();
    for (var member : object(keyword).entrySet()) {
      all.put(member.getKey(), compile(member.getValue(), place(keyword).member(member.getKey())));
    }
    return all;
  }

  /** Lists of names, by names. */
  Map<String, List<String>> namesByName(String keyword) throws InvalidSchema {
    var all = new LinkedHashMap<String, List<String>>();
    for (var member : object(keyword).entrySet()) {
      all.put(member.getKey(), names(member.getValue(), place(keyword).member(member.getKey())));
    }
    return all;
  }

  /** The members of a keyword that is an object; none where it is not there. */
  Map<String, JsonNode> object(String keyword) throws InvalidSchema {
    return switch (members.get(keyword)) {
      case null -> Map.of();
      case ObjectNode object -> object.members();
      default -> throw wrong(keyword, "must be an object");
    };
  }

  /** A schema that stands in this one. */
  Subschema compile(JsonNode node, Place place) throws InvalidSchema {
    return compiler.subschema(compiler.document().at(node, place, resource()));
  }

  /** The list of names that {@code value} is, at {@code place}. */
  List<String> namesOf(JsonNode value, Place place) throws InvalidSchema {
    return names(value, place);
  }

  InvalidSchema wrong(String keyword, String reason) {
    return new InvalidSchema(place(keyword), reason);
  }
}

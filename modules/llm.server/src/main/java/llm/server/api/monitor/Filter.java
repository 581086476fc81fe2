package llm.server.api.monitor;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llm.core.telemetry.Level;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.api.Query;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What one listener wants to see.
 *
 * @param topics one or more
 * @param level log lines from this level on
 */
record Filter(Set<Topic> topics, Level level) {
  private static final JsonFactory JSON = new JsonFactory();
  private static final Filter ALL = new Filter(EnumSet.allOf(Topic.class), Level.INFO);

  /** Copies the set. */
  Filter {
    topics = Set.copyOf(topics);
  }

  /** Whether a message belongs to it. */
  boolean wants(Topic topic, Level at) {
    return topics.contains(topic) && (topic != Topic.LOG || at.compareTo(level) >= 0);
  }

  /**
   * Reads {@code topics=log,stats&level=warn}, both of which may be left out.
   *
   * @throws LlmException when it says something else
   */
  static Filter ofQuery(String query) throws LlmException {
    Filter filter = ALL;
    Query read = Query.of(query, "topics", "level");
    for (String name : List.of("topics", "level")) {
      Optional<String> value = read.text(name);
      if (value.isPresent()) {
        filter = filter.with(name, List.of(value.get().split(",")));
      }
    }
    return filter;
  }

  /**
   * Reads {@code {"topics":["log","stats"],"level":"warn"}}; what is left out stays as it is here.
   *
   * @throws LlmException when it says something else
   */
  Filter changedBy(String json) throws LlmException {
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
      require(parser.nextToken() == JsonToken.START_OBJECT);
      Filter filter = this;
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        filter = filter.with(name, values(parser));
      }
      require(parser.nextToken() == null);
      return filter;
    } catch (JacksonException notJson) {
      throw invalid(
          "A message to the monitor is JSON, as {\"topics\":[\"log\"],\"level\":\"warn\"}.");
    }
  }

  private static List<String> values(JsonParser parser) throws LlmException {
    var values = new ArrayList<String>();
    if (parser.nextToken() == JsonToken.VALUE_STRING) {
      return List.of(parser.getString());
    }
    require(parser.currentToken() == JsonToken.START_ARRAY);
    while (parser.nextToken() == JsonToken.VALUE_STRING) {
      values.add(parser.getString());
    }
    require(parser.currentToken() == JsonToken.END_ARRAY);
    return values;
  }

  private Filter with(String name, List<String> values) throws LlmException {
    return switch (name) {
      case "topics" -> new Filter(topicsOf(values), level);
      case "level" -> new Filter(topics, levelOf(values));
      default -> throw invalid("'" + shown(name) + "' is not known here; use topics and level.");
    };
  }

  private static Set<Topic> topicsOf(List<String> words) throws LlmException {
    var found = EnumSet.noneOf(Topic.class);
    for (String word : words) {
      found.add(constant(Topic.values(), word.strip(), "topic"));
    }
    if (found.isEmpty()) {
      throw invalid("topics must name one or more of " + choices(Topic.values()) + ".");
    }
    return found;
  }

  private static Level levelOf(List<String> words) throws LlmException {
    return constant(Level.values(), words.size() == 1 ? words.getFirst() : "", "level");
  }

  private static <E extends Enum<E>> E constant(E[] all, String word, String what)
      throws LlmException {
    for (E one : all) {
      if (one.name().equalsIgnoreCase(word)) {
        return one;
      }
    }
    throw invalid("There is no " + what + " '" + shown(word) + "'; use " + choices(all) + ".");
  }

  private static String choices(Enum<?>[] all) {
    return Stream.of(all)
        .map(one -> one.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }

  private static String shown(String word) {
    return word.substring(0, Math.min(word.length(), 40));
  }

  private static void require(boolean expected) throws LlmException {
    if (!expected) {
      throw invalid("A message to the monitor is one JSON object with topics, level or both.");
    }
  }

  private static LlmException invalid(String message) {
    return new LlmException(LlmError.InvalidRequest.of(message));
  }
}

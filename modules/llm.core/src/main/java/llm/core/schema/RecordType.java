package llm.core.schema;

import java.util.Optional;
import llm.core.schema.PartialJson.Framing;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * A record as a target of JSON: its schema, and the values made of JSON that fits it.
 *
 * <p>Components may be {@code String}, {@code int}, {@code long}, {@code double}, {@code boolean}
 * and their boxes, enums, {@code List}, {@code Map} from strings, records, sealed interfaces whose
 * alternatives are records, and {@code Optional} of these. Names in JSON are the components' in
 * snake_case, those of enum constants in lower case; an alternative is told by a first member
 * {@code type} with its simple name in snake_case. {@link Member} adds descriptions and bounds. All
 * components are required but the {@code Optional} ones, which may also be null; other members are
 * refused.
 *
 * <p>The record's package has to be exported, or opened to {@code llm.core}. Immutable.
 *
 * @param <T> the record
 */
public final class RecordType<T> {
  private final Class<T> type;
  private final Shape.Made shape;

  private RecordType(Class<T> type) {
    this.type = type;
    this.shape = new ShapeReader().record(type);
  }

  /**
   * Reads a record's components.
   *
   * @throws IllegalArgumentException naming the component that has no schema, a record that
   *     contains itself, and a package that is closed
   */
  public static <T extends Record> RecordType<T> of(Class<T> type) {
    return new RecordType<>(type);
  }

  /** The schema; the same record always has the same. */
  public Schema schema() {
    return shape.schema();
  }

  /** The record's simple name. */
  public String name() {
    return type.getSimpleName();
  }

  /**
   * The record that a whole JSON text says.
   *
   * @throws LlmException with {@code InvalidAnswer} when it is no JSON or does not fit
   */
  public T parse(JsonText json, Framing framing) throws LlmException {
    var reader = new PartialJson(schema(), framing, JsonLimits.ANSWER);
    reader.feed(json.value());
    reader.end();
    if (reader.problem().isEmpty()) {
      var values = values(reader);
      Optional<T> value = values.whole();
      if (value.isPresent()) {
        return value.get();
      }
      throw invalid(values.problem().orElseThrow());
    }
    throw invalid(reader.problem().get());
  }

  /** The records of a value that is being read; {@code json} has to read {@link #schema()}. */
  public RecordValues<T> values(PartialJson json) {
    return new RecordValues<>(type, shape, json);
  }

  private static LlmException invalid(JsonProblem problem) {
    return new LlmException(new LlmError.InvalidAnswer(problem.path(), problem.message()));
  }
}

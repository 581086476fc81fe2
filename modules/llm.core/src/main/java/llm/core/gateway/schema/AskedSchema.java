package llm.core.gateway.schema;

import java.util.Optional;
import llm.core.gateway.attempt.Route;
import llm.core.schema.valid.InvalidSchema;
import llm.core.schema.valid.SchemaValidator;
import llm.core.schema.valid.Violation;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ResponseFormat.JsonSchema;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.SchemaSupport;

/** The schema that a caller wants an answer to fit. Read when it is first needed. Thread-safe. */
public final class AskedSchema {
  private static final String FIELD = "response_format"; // each dialect has its own name for it

  private final JsonSchema format;
  private volatile Optional<SchemaValidator> validator; // null: not read yet; empty: it cannot be
  private volatile InvalidSchema problem; // why it cannot; null: it can, or was not read

  private AskedSchema(JsonSchema format) {
    this.format = format;
  }

  /** The schema of {@code request}; empty where it has none. */
  public static Optional<AskedSchema> of(ChatRequest request) {
    return request.form().format() instanceof JsonSchema format
        ? Optional.of(new AskedSchema(format))
        : Optional.empty();
  }

  /** Whether the answer must fit to the letter, says the caller. */
  public boolean isStrict() {
    return format.strict();
  }

  /** What the provider of {@code way} does for it. */
  static SchemaSupport support(Route way) {
    return way.provider().schemaSupport(new ModelName(way.model()));
  }

  /** Whether answers by {@code way} have to be judged before anybody sees them. */
  public static boolean isHeldBack(Route way) {
    SchemaSupport support = support(way);
    return support == SchemaSupport.JSON_MODE || support == SchemaSupport.WORDS;
  }

  /**
   * The request as {@code way} can be asked it: where that takes no schema, in words.
   *
   * @param sent a request with this schema
   * @throws LlmException when nobody could say whether an answer fits, or it is not to be asked so
   */
  public ChatRequest shaped(ChatRequest sent, Route way) throws LlmException {
    return switch (support(way)) {
      case NATIVE -> sent;
      case NONE ->
          throw new LlmException(
              new LlmError.Unsupported(
                  FIELD,
                  "Provider '"
                      + way.provider().id()
                      + "' takes no JSON Schema; see its setting json_schema."));
      case JSON_MODE -> {
        requireJudge();
        yield SchemaWords.added(sent, format, true);
      }
      case WORDS -> {
        requireJudge();
        yield SchemaWords.added(sent, format, false);
      }
    };
  }

  private void requireJudge() throws LlmException {
    if (validator().isEmpty()) {
      throw new LlmException(problem.toError(FIELD), problem);
    }
  }

  /** Whether it can be said of an answer that it fits. */
  public boolean isJudged() {
    return validator().isPresent();
  }

  /**
   * What is wrong with {@code text}.
   *
   * @return empty: nothing, or the schema is one that only its provider can judge by
   */
  public Optional<Violation> check(String text) {
    return validator().flatMap(judge -> judge.check(text));
  }

  private Optional<SchemaValidator> validator() {
    Optional<SchemaValidator> known = validator;
    if (known == null) {
      known = read();
      validator = known;
    }
    return known;
  }

  private Optional<SchemaValidator> read() {
    try {
      return Optional.of(SchemaValidator.of(format.schema().value()));
    } catch (InvalidSchema invalid) {
      problem = invalid;
      return Optional.empty();
    }
  }
}

package llm.gpu.grammar;

import java.util.Map;
import java.util.Optional;
import llm.core.dialect.grammar.GrammarFields;
import llm.core.gbnf.Gbnf;
import llm.core.schema.grammar.Grammar;
import llm.core.schema.grammar.SchemaGrammar;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.valid.InvalidSchema;
import llm.core.schema.valid.SchemaValidator;
import llm.core.schema.valid.Violation;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ResponseFormat;
import llm.domain.error.LlmException;

/**
 * Finds what answers are held to: grammars of schemas, read. What was asked for last is remembered.
 * Thread-safe; blocks its caller, who should not be an engine's thread.
 */
public final class Holds {
  private static final int MOST_REMEMBERED = 16;

  private static final String SCHEMA = "response_format.json_schema.schema";

  private final Map<String, AnswerGrammar> ofSchemas = // guarded by itself
      new Remembered<>(MOST_REMEMBERED);
  private final Map<String, Gbnf> read = // guarded by itself
      new Remembered<>(MOST_REMEMBERED);

  /** None remembered. */
  public Holds() {}

  /**
   * What the format of {@code request} asks for; empty where any text will do. Tools are not looked
   * at.
   *
   * @throws LlmException when it cannot be guaranteed, with the path of what is in the way
   */
  public Optional<AnswerGrammar> asked(ChatRequest request) throws LlmException {
    return switch (request.form().format()) {
      case ResponseFormat.Text _ -> Optional.empty();
      case ResponseFormat.Grammar(String gbnf) -> {
        yield Optional.of(AnswerGrammar.of(gbnf, GrammarFields.nameIn(request)));
      }
      case ResponseFormat.JsonObject _ -> {
        String gbnf = SchemaGrammar.anyObject().gbnf();
        yield Optional.of(AnswerGrammar.ofJson(gbnf, "response_format", _ -> Optional.empty()));
      }
      case ResponseFormat.JsonSchema format -> {
        yield Optional.of(
            ofSchema(format.schema().value(), GrammarFields.find(request).orElse(SCHEMA)));
      }
    };
  }

  /**
   * The same, read.
   *
   * @throws LlmException with {@code InvalidRequest} when the grammar cannot be read
   */
  public Optional<Hold> of(Optional<AnswerGrammar> asked) throws LlmException {
    return asked.isEmpty() ? Optional.empty() : Optional.of(of(asked.get()));
  }

  private Hold of(AnswerGrammar asked) throws LlmException {
    synchronized (read) {
      Gbnf known = read.get(asked.gbnf());
      if (known != null) {
        return new Hold(asked, known);
      }
    }
    Hold hold = Hold.of(asked);
    synchronized (read) {
      read.put(asked.gbnf(), hold.gbnf());
    }
    return hold;
  }

  private AnswerGrammar ofSchema(String schema, String field) throws LlmException {
    synchronized (ofSchemas) {
      AnswerGrammar known = ofSchemas.get(schema);
      if (known != null) {
        return known;
      }
    }
    try {
      Grammar grammar = SchemaGrammar.of(schema);
      SchemaValidator validator = SchemaValidator.of(schema);
      var made =
          AnswerGrammar.ofJson(
              grammar.gbnf(),
              "response_format",
              text -> validator.check(text).map(Violation::message));
      synchronized (ofSchemas) {
        ofSchemas.put(schema, made);
      }
      return made;
    } catch (UnsupportedSchema unsupported) {
      throw new LlmException(unsupported.error(field), unsupported);
    } catch (InvalidSchema invalid) {
      throw new LlmException(invalid.toError(field), invalid);
    }
  }
}

package llm.core.dialect.openai.upstream;

import java.util.Optional;
import llm.core.dialect.grammar.GrammarFields;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.openai.upstream.RequestTraits.GrammarNames;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ResponseFormat;
import llm.domain.error.LlmException;

/**
 * Writes the form that an answer is to have. A field of the caller's own that holds it to a grammar
 * goes along byte for byte where the server has that field, and says all there is to say then;
 * elsewhere what it means is written as the server has it.
 */
final class FormatWriter {
  private final ChatRequest request;
  private final GrammarNames names;

  FormatWriter(ChatRequest request, GrammarNames names) {
    this.request = request;
    this.names = names;
  }

  /** Whether the caller's field of this name goes along. */
  boolean relays(String field) {
    return !GrammarFields.NAMES.contains(field) || names.knows(field);
  }

  /**
   * Writes what the caller's own fields do not say already.
   *
   * @throws LlmException with {@code Unsupported} for a form that the server has no field for
   */
  void write(JsonOut out) throws LlmException {
    Optional<String> asked = GrammarFields.find(request);
    if (asked.filter(names::knows).isPresent()) {
      return;
    }
    switch (request.form().format()) {
      case ResponseFormat.Text _ -> {
        if (asked.isPresent()) {
          throw unsupported(); // it says what only servers with that field know
        }
      }
      case ResponseFormat.JsonObject _ ->
          out.name("response_format").object().field("type", "json_object").endObject();
      case ResponseFormat.JsonSchema schema -> {
        out.name("response_format").object().field("type", "json_schema");
        out.name("json_schema").object().field("name", schema.name());
        schema.description().ifPresent(text -> out.field("description", text));
        out.name("schema").json(schema.schema()).name("strict").value(schema.strict());
        out.endObject().endObject();
      }
      case ResponseFormat.Grammar(String gbnf) -> grammar(gbnf, out);
    }
  }

  private void grammar(String gbnf, JsonOut out) throws LlmException {
    switch (names) {
      case NONE -> throw unsupported();
      case AS_CALLED, GRAMMAR -> out.field(GrammarFields.GRAMMAR, gbnf);
      case STRUCTURED_OUTPUTS ->
          out.name(GrammarFields.STRUCTURED_OUTPUTS)
              .object()
              .field(GrammarFields.GRAMMAR, gbnf)
              .endObject();
    }
  }

  private LlmException unsupported() {
    return GrammarFields.unsupported(request);
  }
}

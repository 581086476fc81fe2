package llm.core.dialect.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.core.schema.grammar.PatternGrammar;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.ToolChoice;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads the fields that hold an answer to a grammar: {@code grammar}, as llama-server has it
 * (https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md), {@code
 * structured_outputs} and the older {@code guided_…}, as vLLM has them
 * (https://docs.vllm.ai/en/latest/features/structured_outputs.html). What they say becomes a {@link
 * ResponseFormat}; they are kept byte for byte, too, for upstreams that know them. Not thread-safe;
 * one body each.
 */
public final class GrammarFields {
  /** llama-server's field. */
  public static final String GRAMMAR = "grammar";

  /** vLLM's field. */
  public static final String STRUCTURED_OUTPUTS = "structured_outputs";

  /** All of them; the order is that in which a message names one. */
  public static final List<String> NAMES =
      List.of(
          GRAMMAR,
          "guided_grammar",
          "guided_json",
          "guided_choice",
          "guided_regex",
          STRUCTURED_OUTPUTS);

  /** Schemas have no name in these fields, and elsewhere they need one. */
  private static final String SCHEMA_NAME = "answer";

  private final Map<String, JsonText> raw = new LinkedHashMap<>(0);
  private Optional<ResponseFormat> format = Optional.empty();
  private int kinds; // of forms that one structured_outputs asks for

  /** Nothing read yet. */
  public GrammarFields() {}

  /** The field by which {@code request} asks for its form; {@code grammar} where none did. */
  public static String nameIn(ChatRequest request) {
    return find(request).orElse(GRAMMAR);
  }

  /** That field; empty where none of them asked for it. */
  public static Optional<String> find(ChatRequest request) {
    Map<String, JsonText> fields = request.extensions().in(Dialect.OPENAI_CHAT);
    return NAMES.stream().filter(fields::containsKey).findFirst();
  }

  /** The request without these fields, for who asks for its form in another way. */
  public static ChatRequest removed(ChatRequest request) {
    if (find(request).isEmpty()) {
      return request;
    }
    Map<String, JsonText> fields = new LinkedHashMap<>(request.extensions().fields());
    NAMES.forEach(fields::remove);
    return request.withExtensions(Extensions.of(request.extensions().dialect(), fields));
  }

  /** The refusal of a grammar by a model, or its server, that is not held to any. */
  public static LlmException unsupported(ChatRequest request) {
    return new LlmException(
        new LlmError.Unsupported(
            nameIn(request),
            "Model '" + request.model() + "' cannot be held to a grammar; leave it out."));
  }

  /**
   * Takes the field {@code name}, on whose value the cursor stands.
   *
   * @param undone takes the refusal of a form that only servers which have the field know
   * @return false when it is none of these; nothing was read then
   * @throws LlmException with {@code InvalidRequest} for a value that is not what it should be, and
   *     for a second one of these fields
   */
  public boolean take(String name, JsonCursor in, FirstRefusal undone) throws LlmException {
    if (!NAMES.contains(name)) {
      return false;
    }
    if (!raw.isEmpty()) {
      throw in.refusal(
          name
              + " and "
              + raw.keySet().iterator().next()
              + " both say what the answer is to be like; send one of them");
    }
    JsonText value = in.cut();
    raw.put(name, value);
    JsonCursor.piece(
        value,
        in.path(),
        piece -> {
          read(name, piece, undone);
          return name;
        });
    return true;
  }

  /** The fields as they came. */
  public Map<String, JsonText> raw() {
    return raw;
  }

  /**
   * {@code form} with what was read.
   *
   * @throws LlmException with {@code InvalidRequest} where the request says the answer's form in
   *     another way, too
   */
  public AnswerForm applied(AnswerForm form, ToolChoice choice) throws LlmException {
    if (raw.isEmpty()) {
      return form;
    }
    String name = raw.keySet().iterator().next();
    if (!(form.format() instanceof ResponseFormat.Text)) {
      throw contradiction(
          name, "response_format both say what the answer is to be like; send one of them");
    }
    if (choice instanceof ToolChoice.Required || choice instanceof ToolChoice.Named) {
      throw contradiction(
          name,
          "a tool_choice that demands a call exclude each other: the one binds the answer's text,"
              + " of which a call has none; send one of them");
    }
    return format.map(form::withFormat).orElse(form);
  }

  private static LlmException contradiction(String name, String rest) {
    return new LlmException(LlmError.InvalidRequest.at(name, name + " and " + rest));
  }

  private void read(String name, JsonCursor in, FirstRefusal undone) throws LlmException {
    switch (name) {
      case GRAMMAR, "guided_grammar" -> format = Optional.of(grammar(in));
      case "guided_json" -> format = Optional.of(schema(in));
      case "guided_choice" -> format = Optional.of(choice(in));
      case "guided_regex" -> format = regex(in, undone);
      default -> structured(in, undone);
    }
  }

  private void structured(JsonCursor in, FirstRefusal undone) throws LlmException {
    in.object(field -> {
      switch (field) {
        case GRAMMAR -> kind(grammar(in));
        case "json" -> kind(schema(in));
        case "choice" -> kind(choice(in));
        case "regex" -> {
          kinds++;
          format = regex(in, undone);
        }
        case "json_object" -> {
          if (in.flag()) {
            kind(new ResponseFormat.JsonObject());
          }
        }
        case "disable_fallback" -> in.flag(); // nothing falls back here
        default -> {
          kinds += field.equals("structural_tag") ? 1 : 0;
          undone.add(() -> unsupported(in, "'" + Excerpt.shortened(field) + "'"));
        }
      }
    });
    if (kinds != 1) {
      throw in.refusal(
          STRUCTURED_OUTPUTS
              + " must hold one of json, regex, choice, grammar, json_object and structural_tag");
    }
  }

  private void kind(ResponseFormat read) {
    kinds++;
    format = Optional.of(read);
  }

  private static ResponseFormat grammar(JsonCursor in) throws LlmException {
    String text = in.string();
    return in.legal(() -> new ResponseFormat.Grammar(text));
  }

  /** An object, or a string that holds one. */
  private static ResponseFormat schema(JsonCursor in) throws LlmException {
    JsonText schema = in.isString() ? written(in) : in.cutObject();
    return new ResponseFormat.JsonSchema(SCHEMA_NAME, Optional.empty(), schema, true);
  }

  private static JsonText written(JsonCursor in) throws LlmException {
    try {
      return JsonCursor.piece(new JsonText(in.string()), in.path(), JsonCursor::cutObject);
    } catch (LlmException _) {
      throw in.refusal(in.path() + " must be an object, or a string that holds one in JSON");
    }
  }

  /** One of some texts, as it is: they are no JSON strings. */
  private static ResponseFormat choice(JsonCursor in) throws LlmException {
    List<String> choices = new ArrayList<>();
    in.array(_ -> {
      String text = in.string();
      if (text.isEmpty()) {
        throw in.refusal(in.path() + " must not be empty");
      }
      choices.add(text);
    });
    if (choices.isEmpty()) {
      throw in.refusal(in.path() + " must hold a text at least");
    }
    String gbnf =
        choices.stream().map(GbnfLiteral::of).collect(Collectors.joining(" | ", "root ::= ", ""));
    return in.legal(() -> new ResponseFormat.Grammar(gbnf));
  }

  /**
   * A regular expression that the whole answer is; servers with the field may know more of them.
   */
  private static Optional<ResponseFormat> regex(JsonCursor in, FirstRefusal undone)
      throws LlmException {
    String pattern = in.string();
    if (pattern.isEmpty()) {
      throw in.refusal(in.path() + " must not be empty");
    }
    try {
      return Optional.of(new ResponseFormat.Grammar(PatternGrammar.of(pattern).gbnf()));
    } catch (UnsupportedSchema unsupported) {
      undone.add(() -> new LlmException(unsupported.error(in.path()), unsupported));
    } catch (IllegalArgumentException tooLong) {
      undone.add(() ->
          new LlmException(
              LlmError.InvalidRequest.at(
                  in.path(), in.path() + ": of this pattern, " + tooLong.getMessage()),
              tooLong));
    }
    return Optional.empty();
  }

  private static LlmException unsupported(JsonCursor in, String what) {
    return new LlmException(
        new LlmError.Unsupported(
            in.path(),
            "This server does not hold answers to "
                + what
                + " for this model; send a grammar or a schema."));
  }
}

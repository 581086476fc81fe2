package llm.core.dialect.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.completions.CompletionRequestReader;
import llm.core.dialect.llm.LlmRequestReader;
import llm.core.dialect.openai.ModelResolver;
import llm.core.dialect.openai.OpenAiRequestReader;
import llm.core.dialect.openai.upstream.ChatRequestWriter;
import llm.core.dialect.openai.upstream.RequestTraits;
import llm.core.dialect.openai.upstream.RequestTraits.GrammarNames;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResponseFormat;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("T-7: the fields that hold an answer to a grammar, read and passed on")
class GrammarFieldsTest {
  private static final String GBNF = "root ::= \"a\" [b-d]*";
  private static final String GRAMMAR = "\"root ::= \\\"a\\\" [b-d]*\"";

  /** Models that begin with {@code up/} are asked in Chat Completions. */
  private static final ModelResolver MODELS =
      new ModelResolver() {
        @Override
        public ModelName resolve(Optional<String> asked) {
          return new ModelName(asked.orElse("local"));
        }

        @Override
        public Optional<Dialect> dialect(ModelName model) {
          return Optional.of(Dialect.OPENAI_CHAT).filter(_ -> model.value().startsWith("up/"));
        }
      };

  private static ChatRequest chat(String model, String fields) throws LlmException {
    String body =
        "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],";
    return OpenAiRequestReader.read(bytes(body + fields + "}"), MODELS).request();
  }

  private static byte[] bytes(String body) {
    return body.getBytes(StandardCharsets.UTF_8);
  }

  private static LlmError refused(String model, String fields) {
    LlmException refused = catchThrowableOfType(LlmException.class, () -> chat(model, fields));
    assertThat(refused).as(fields).isNotNull();
    return refused.error();
  }

  private static Optional<String> path(LlmError error) {
    return switch (error) {
      case LlmError.InvalidRequest(Optional<String> path, _) -> path;
      case LlmError.Unsupported(String path, _) -> Optional.of(path);
      default -> Optional.empty();
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "grammar | G",
        "guided_grammar | G",
        "structured_outputs | {\"grammar\": G}",
        "structured_outputs | {\"disable_fallback\":true,\"grammar\": G, \"json_object\":false}",
      })
  void aGrammarIsTheAnswersFormWhateverItsField(String name, String value) throws LlmException {
    String json = value.replace("G", GRAMMAR);
    ChatRequest request = chat("local", "\"%s\": %s".formatted(name, json));
    assertThat(request.form().format()).isEqualTo(new ResponseFormat.Grammar(GBNF));
    assertThat(request.extensions().fields()).isEqualTo(Map.of(name, new JsonText(json)));
    assertThat(GrammarFields.nameIn(request)).isEqualTo(name);
  }

  @Test
  void itIsReadInCompletionsAndInOurOwnDialectToo() throws LlmException {
    var expected = new ResponseFormat.Grammar(GBNF);
    String field = "\"grammar\":" + GRAMMAR + "}";
    assertThat(
            CompletionRequestReader.read(bytes("{\"prompt\":\"x\"," + field), MODELS)
                .request()
                .form()
                .format())
        .isEqualTo(expected);
    assertThat(LlmRequestReader.read(bytes("{\"prompt\":\"x\"," + field), MODELS).form().format())
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"guided_json\":{\"type\": \"integer\"}",
        "\"guided_json\":\"{\\\"type\\\": \\\"integer\\\"}\"",
        "\"structured_outputs\":{\"json\":{\"type\": \"integer\"}}",
      })
  void aSchemaIsOneThatTheAnswerHasToFit(String field) throws LlmException {
    assertThat(chat("local", field).form().format())
        .isEqualTo(
            new ResponseFormat.JsonSchema(
                "answer", Optional.empty(), new JsonText("{\"type\": \"integer\"}"), true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"guided_choice\":[\"a b\",\"say \\\"x\\\"\\n\\\\\",\"é\\u0001\"]",
        "\"structured_outputs\":{\"choice\":[\"a b\",\"say \\\"x\\\"\\n\\\\\",\"é\\u0001\"]}",
      })
  void aChoiceIsAmongTextsAndNotJsonStrings(String field) throws LlmException {
    assertThat(chat("local", field).form().format())
        .isEqualTo(
            new ResponseFormat.Grammar("root ::= \"a b\" | \"say \\\"x\\\"\\n\\\\\" | \"é\\x01\""));
  }

  @Test
  void anyObjectIsJsonMode() throws LlmException {
    assertThat(chat("local", "\"structured_outputs\":{\"json_object\":true}").form().format())
        .isEqualTo(new ResponseFormat.JsonObject());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "grammar":"" | grammar | must say something
          "grammar":" \\n" | grammar | must say something
          "grammar":{} | grammar | must be a string
          "guided_grammar":7 | guided_grammar | must be a string
          "guided_json":"{" | guided_json | must be an object
          "guided_json":"[]" | guided_json | must be an object
          "guided_json":true | guided_json | must be an object
          "guided_choice":[] | guided_choice | must hold a text
          "guided_choice":["a",""] | guided_choice[1] | must not be empty
          "guided_choice":["a",1] | guided_choice[1] | must be a string
          "guided_choice":"a" | guided_choice | must be an array
          "structured_outputs":"a" | structured_outputs | must be an object
          "structured_outputs":{} | structured_outputs | must hold one of
          "structured_outputs":{"json":{},"grammar":"root ::= \\"a\\""} | structured_outputs | must hold one of
          "structured_outputs":{"json_object":false} | structured_outputs | must hold one of
          "structured_outputs":{"grammar":""} | structured_outputs.grammar | must say something
          "grammar":"root ::= \\"a\\"","guided_json":{} | guided_json | guided_json and grammar both say
          "grammar":"root ::= \\"a\\"","response_format":{"type":"json_object"} | grammar | grammar and response_format both say
          "guided_choice":["a"],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required" | guided_choice | demands a call
          "grammar":"root ::= \\"a\\"","tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}} | grammar | demands a call
          """)
  void whatContradictsItselfOrSaysNothingIsRefusedByItsPath(
      String fields, String path, String message) {
    for (String model : new String[] {"local", "up/m"}) {
      LlmError refused = refused(model, fields);
      assertThat(path(refused)).as(refused.message()).contains(path);
      assertThat(refused.message()).contains(message);
    }
  }

  @Test
  void aGrammarIsNotEndless() {
    String longest = "#".repeat(ResponseFormat.Grammar.MOST_CHARACTERS + 1);
    LlmError refused = refused("local", "\"grammar\":\"" + longest + "\"");
    assertThat(path(refused)).contains("grammar");
    assertThat(refused.message()).contains("65536");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "guided_regex":"a+" | guided_regex
          "structured_outputs":{"regex":"a+"} | structured_outputs.regex
          "structured_outputs":{"structural_tag":"{}"} | structured_outputs.structural_tag
          "structured_outputs":{"grammar":"root ::= \\"a\\"","whitespace_pattern":" "} | structured_outputs.whitespace_pattern
          """)
  void whatOnlyServersWithTheFieldKnowGoesToThemAlone(String field, String path)
      throws LlmException {
    LlmError here = refused("local", field);
    assertThat(here).isInstanceOf(LlmError.Unsupported.class);
    assertThat(path(here)).contains(path);

    ChatRequest request = chat("up/m", field);
    assertThat(written(request, GrammarNames.AS_CALLED)).contains(field);
    assertThat(written(request, GrammarNames.STRUCTURED_OUTPUTS)).contains(field);
    LlmException refused =
        catchThrowableOfType(LlmException.class, () -> written(request, GrammarNames.NONE));
    assertThat(refused).as("a server that has no such field").isNotNull();
  }

  private static String written(ChatRequest request, GrammarNames names) throws LlmException {
    RequestTraits traits = RequestTraits.builder().grammars(names).build();
    return new String(ChatRequestWriter.write(request, "m", false, traits), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @EnumSource(GrammarNames.class)
  void upstreamsAreSentTheGrammarInTheFieldThatTheyHave(GrammarNames names) throws LlmException {
    String field = "\"grammar\":" + GRAMMAR;
    ChatRequest request = chat("up/m", field);
    switch (names) {
      case AS_CALLED, GRAMMAR -> assertThat(written(request, names)).contains(field);
      case STRUCTURED_OUTPUTS ->
          assertThat(written(request, names))
              .contains("\"structured_outputs\":{" + field + "}")
              .doesNotContain("," + field);
      case NONE -> {
        LlmException refused =
            catchThrowableOfType(LlmException.class, () -> written(request, names));
        assertThat(path(refused.error())).contains("grammar");
      }
    }
  }

  @Test
  void whoAsksInAnotherWayTakesTheFieldsAway() throws LlmException {
    ChatRequest request = chat("up/m", "\"guided_json\":{},\"keep_alive\":1");
    assertThat(GrammarFields.removed(request).extensions().fields()).containsOnlyKeys("keep_alive");
    ChatRequest other = chat("up/m", "\"keep_alive\":1");
    assertThat(GrammarFields.removed(other)).isSameAs(other);
  }

  @ParameterizedTest
  @EnumSource(GrammarNames.class)
  void aSchemaGoesAsItCameOrAsAResponseFormatButNotTwice(GrammarNames names) throws LlmException {
    String field = "\"guided_json\":{ \"type\":\"integer\" }";
    String sent = written(chat("up/m", field), names);
    boolean asItCame = names == GrammarNames.AS_CALLED || names == GrammarNames.STRUCTURED_OUTPUTS;
    assertThat(sent.contains(field)).isEqualTo(asItCame);
    assertThat(sent.contains("\"schema\":{ \"type\":\"integer\" },\"strict\":true"))
        .isEqualTo(!asItCame);
  }
}

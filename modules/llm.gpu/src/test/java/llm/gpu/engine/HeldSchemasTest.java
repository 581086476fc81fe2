package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static llm.gpu.engine.EngineFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.Optional;
import llm.core.schema.valid.SchemaValidator;
import llm.core.schema.valid.Violation;
import llm.domain.call.Call;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.Temperature;
import llm.gpu.engine.EngineFixture.Answer;
import llm.gpu.grammar.AnswerGrammar;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
@DisplayName("T-7: answers of a local model fit their JSON Schema")
class HeldSchemasTest {
  private static final int SEEDS = 12;

  @TempDir static Path folder;
  private static Path model;
  private static EngineFixture fixture;

  @BeforeAll
  static void open() {
    TestFiles.library();
    model = TinyModel.plain(2048).writeTo(folder.resolve("schemas.gguf"));
    fixture = new EngineFixture(EngineFixture.together(4));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static ChatRequest asked(ResponseFormat format, long seed) {
    ChatRequest plain = request("hello", 600);
    var hot =
        SamplingOptions.builder()
            .temperature(new Temperature(2))
            .topK(0)
            .topP(1.0)
            .minP(0.0)
            .seed(seed)
            .build();
    return plain.withSampling(hot).withForm(plain.form().withFormat(format));
  }

  private static ResponseFormat schema(String text) {
    return new ResponseFormat.JsonSchema("answer", Optional.empty(), new JsonText(text), true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":12},"
            + "\"age\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":130}},"
            + "\"required\":[\"name\",\"age\"],\"additionalProperties\":false}",
        "{\"enum\":[\"red\",\"gr\u00fcn\",1,null,{\"a\":[true]}]}",
        "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"minItems\":2,\"maxItems\":4}",
        "{\"type\":\"string\",\"format\":\"date-time\"}",
        "{\"type\":\"string\",\"pattern\":\"^[A-Z]{2}-\\\\d{3,5}$\"}",
        "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"number\",\"exclusiveMinimum\":-3}]}",
        "{\"$ref\":\"#/$defs/tree\",\"$defs\":{\"tree\":{\"type\":\"object\",\"properties\":{"
            + "\"v\":{\"const\":1},\"next\":{\"$ref\":\"#/$defs/tree\"}},\"required\":[\"v\"],"
            + "\"additionalProperties\":false}}}"
      })
  void everyAnswerThatIsNotCutIsValid(String text) throws Exception {
    SchemaValidator validator = SchemaValidator.of(text);
    int complete = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
      Answer answer = drain(fixture.submit(model, asked(schema(text), seed)));
      assertThat(answer.terminal()).as(text).isInstanceOf(StreamEvent.Done.class);
      if (((StreamEvent.Done) answer.terminal()).finishReason() == FinishReason.STOP) {
        complete++;
        assertThat(validator.check(answer.text()))
            .as("'%s' of %s, seed %d", answer.text(), text, seed)
            .isEmpty();
      }
    }
    assertThat(complete).as("answers that came to their end, of %s", text).isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"object\",\"additionalProperties\":{\"const\":1},\"propertyNames\":"
            + "{\"pattern\":\"^[ab](x[a-i]{9})?$\"},\"minProperties\":1}",
        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"},"
            + "\"minProperties\":0}"
      })
  void aNameThatTheSchemaDoesNotDeclareComesOnce(String text) throws Exception {
    SchemaValidator validator = SchemaValidator.of(text);
    int complete = 0;
    for (int seed = 1; seed <= 4 * SEEDS; seed++) {
      Answer answer = drain(fixture.submit(model, asked(schema(text), seed)));
      assertThat(answer.terminal())
          .as("seed %d: %s", seed, answer.text())
          .isInstanceOf(StreamEvent.Done.class);
      if (((StreamEvent.Done) answer.terminal()).finishReason() == FinishReason.STOP) {
        complete++;
        assertThat(validator.check(answer.text()))
            .as("'%s', seed %d", answer.text(), seed)
            .isEmpty();
      }
    }
    assertThat(complete).as("answers that came to their end").isGreaterThan(SEEDS);
  }

  @Test
  void anAnswerIsNestedNoDeeperThanItsValidatorReads() throws Exception {
    SchemaValidator any = SchemaValidator.of("true");
    String deep = "root ::= \"[\"{128} last \"]\"{128}\nlast ::= \"1\" | \"[3]\"";
    var json =
        AnswerGrammar.ofJson(
            deep, "response_format", text -> any.check(text).map(Violation::message));
    for (int seed = 1; seed <= 3 * SEEDS; seed++) {
      ChatRequest asked = asked(new ResponseFormat.Text(), seed);
      Call call = fixture.call("deep" + seed);
      Answer answer = drain(fixture.engine.submit(asked, model, call, Optional.of(json)));
      assertThat(answer.terminal()).as("seed %d", seed).isInstanceOf(StreamEvent.Done.class);
      assertThat(any.check(answer.text())).as("seed %d: %s", seed, answer.text()).isEmpty();
    }
  }

  @Test
  void anyObjectIsAJsonObject() throws Exception {
    SchemaValidator validator = SchemaValidator.of("{\"type\":\"object\"}");
    for (int seed = 1; seed <= SEEDS; seed++) {
      Answer answer = drain(fixture.submit(model, asked(new ResponseFormat.JsonObject(), seed)));
      if (((StreamEvent.Done) answer.terminal()).finishReason() == FinishReason.STOP) {
        assertThat(validator.check(answer.text())).as("seed %d", seed).isEmpty();
      } else {
        assertThat(answer.text()).startsWith("{");
      }
    }
  }

  @Test
  void aSchemaThatCannotBeGuaranteedIsRefusedAtItsKeyword() {
    String text =
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\","
            + "\"pattern\":\"(x+)\\\\1\"}}}";
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> fixture.submit(model, asked(schema(text), 1)))
        .satisfies(refused ->
            assertThat(((LlmError.InvalidRequest) refused.error()).path())
                .hasValue("response_format.json_schema.schema.properties.a.pattern"));
  }
}
